#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""packetdrill's language both ways: every scenario that can be said as a script runs as one, and what is wrong with a
script is named with its file, its line, what was found and what is read."""

import os
import subprocess
import sys
import tempfile

HEAD = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
LISTEN = HEAD + "+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n"
OPEN = LISTEN + ("+0 < S 0:0(0) win 30000 <mss 1000>\n+0 > S. 0:0(0) ack 1 <mss 1460>\n+0 < . 1:1(0) ack 1 win 30000\n"
                 "+0 accept(3, ..., ...) = 4\n")
WATCH = OPEN + "+0 epoll_create(1) = 5\n+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0\n"

# a script, the line, and words of the message
BAD = [
    ("--speed=100\n" + HEAD, 1, ['found "--speed"', "options that are read", "--tolerance_usecs"]),
    ("--tolerance_usecs=x\n" + HEAD, 1, ["wanted a number"]),
    ("--tcp_ts_tick_usecs=4000\n" + HEAD, 1, ["ticks of 1000 us"]),
    ("--ip_version=ipv5\n" + HEAD, 1, ['found "ipv5"', "ipv4, ipv6"]),
    ("`rm -f x`\n" + HEAD, 1, ['found "rm"', "shell commands are not run"]),
    ("`sysctl -q net.ipv4.tcp_retries2=3`\n" + HEAD, 1, ['found "net.ipv4.tcp_retries2"', "no setting of the host"]),
    ("`sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_sack=1`\n" + HEAD, 1, ["two values"]),
    (HEAD + "/* no end", 2, ["does not end"]),
    (HEAD + "+0 %{ assert 1", 2, ["does not end with }%"]),
    ("soon " + HEAD, 1, ['found "soon"', "wanted a time in seconds"]),
    (HEAD + "soon close(3) = 0\n", 2, ['found "soon"', "an event a time"]),
    (HEAD + "+0.2~+0.1 > S 0:0(0)\n", 2, ["ends before it begins"]),
    (HEAD + "1 close(3) = 0\n0.5 close(3) = 0\n", 3, ["before the one above"]),
    (HEAD + "+0 sendfile(3, 4, [0], 1) = 1\n", 2, ['found "sendfile"', "calls that are read", "setsockopt"]),
    (HEAD + "+0 epoll_create1(0) = 5\n", 2, ['found "epoll_create1"', "calls that are read", "epoll_wait"]),
    (HEAD + "+0 epoll_wait(3, {events=0, ptr=0}, 1, 0) = 0\n", 2, ['found "3"', "a descriptor of epoll_create()"]),
    (WATCH + "+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0\n", 10, ["EEXIST"]),
    (WATCH + "+0 epoll_ctl(5, EPOLL_CTL_DEL, 3, {events=0, fd=3}) = 0\n", 10, ["ENOENT"]),
    (WATCH + "+0 epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLFOO, fd=3}) = 0\n", 10, ['found "EPOLLFOO"']),
    (WATCH + "+0 epoll_ctl(5, EPOLL_CTL_ADD, 3, EPOLLIN) = 0\n", 10, ['found "EPOLLIN"', "wanted {events=WORDS, fd=N}"]),
    (WATCH + "+0 epoll_wait(5, {events=EPOLLIN, fd=7}, 1, 0) = 1\n", 10, ['found "7"', "nothing that this epoll watches"]),
    (WATCH + "+0 epoll_wait(5, {events=EPOLLIN, fd=4}, 2, 0) = 2\n", 10, ['found "2"', "results 0 and 1"]),
    (WATCH + "+0 epoll_wait(5, {events=0, ptr=0}, 1, 50) = 0\n", 10, ['found "50"', "wants a time range"]),
    (WATCH + "+0 epoll_create(1) = 6\n+0 epoll_ctl(6, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0\n", 11, ["another epoll watches it"]),
    (HEAD + "+0 listen(7, 1) = 0\n", 2, ['found "7"', "no socket above has this descriptor"]),
    (HEAD + "+0 listen(3, 1) = 0\n", 2, ["bind() has given an address"]),
    (HEAD + "+0 listen(3, 99999999999999999999) = 0\n", 2, ["wanted a number here"]),
    (HEAD + "+0 write(3, ..., 5) = 5\n", 2, ["wants a descriptor that is connected"]),
    (HEAD + "+0 setsockopt(3, SOL_TCP, TCP_MD5SIG, [1], 4) = 0\n", 2, ['found "TCP_MD5SIG"', "options that are read", "TCP_CORK"]),
    (HEAD + "+0 connect(3, ..., ...) = 0\n", 2, ["wants a time range"]),
    (HEAD + "+0 close(3 = 0\n", 2, ["arguments do not end"]),
    (OPEN + "+0 send(4, ..., 5, MSG_CONFIRM) = 5\n", 8, ['found "MSG_CONFIRM"', "flags that are read", "MSG_MORE"]),
    (OPEN + "+0 recv(4, ..., 5, MSG_MORE) = 5\n", 8, ["flags that are read", "MSG_MORE"]),
    (OPEN + "+0 send(4, ..., 5, MSG_MORE|MSG_EOR) = 5\n", 8, ["flags that are read", "each alone"]),
    (OPEN + "+0 read(4, ..., 5) = -1 EFAULT (Bad address)\n", 8, ['found "EFAULT"', "errors that are read here"]),
    (OPEN + "+0 write(4, buffer, 5) = 5\n", 8, ["wanted ... for the bytes"]),
    (OPEN + "+0...0.1 write(4, ..., 5) = -1 EAGAIN (again)\n+1 close(4) = 0\n", 8, ['found "EAGAIN"', "a write that waits ends with"]),
    (OPEN + "+0...0.1 send(4, ..., 5, MSG_MORE) = 5\n", 8, ["a write that waits is read without", "MSG_MORE"]),
    (OPEN + "+0...0.3 write(4, ..., 99) = 99\n+.1 close(4) = 0\n", 9, ["only one may"]),
    (OPEN + "+0 shutdown(4, 2) = 0\n", 8, ['found "2"', "wanted SHUT_RD, SHUT_WR or SHUT_RDWR"]),
    (OPEN + "+0 poll([{fd=4, events=POLLFOO, revents=0}], 1, 0) = 0\n", 8, ['found "POLLFOO"', "POLLIN"]),
    (OPEN + "+0 poll([{fd=4, events=POLLIN, revents=0}], 1, 0) = 1\n", 8, ['found "1"', "how many have a revents"]),
    (OPEN + "+0 poll([{fd=4, events=POLLIN, revents=0}], 1, 50) = 0\n", 8, ['found "50"', "wants a time range"]),
    (OPEN + "+0 poll([{fd=9, events=POLLIN, revents=0}], 1, 0) = 0\n", 8, ['found "9"', "no socket above"]),
    (OPEN + "+0...0.1 read(4, ..., 5) = 5\n* < P. 1:6(5) ack 1 win 9\n", 9, ["while a call waits"]),
    (OPEN + "+0 < X. 1:1(0) ack 1 win 9\n", 8, ['found "X"', "wanted flags of"]),
    (OPEN + "+0 < . 1:9(3) ack 1 win 9\n", 8, ["the end is not the beginning and the length"]),
    (OPEN + "+0 < . 1:1 ack 1 win 9\n", 8, ['found "ack"', 'wanted "("']),
    (OPEN + "+0 < . 1:1(0) ack 1\n", 8, ["wants a window"]),
    (OPEN + "+0 < . 1:1(0) ack 1 win 9 <md5 00>\n", 8, ['found "md5"', "TCP options that are read"]),
    (OPEN + "+0 < . 1:1(0) ack 1 win 9 <...>\n", 8, ["must be said"]),
    (OPEN + "+0 < . 1:1(0) ack 1 win 9 <nop,nop,TS val 1 ecr 77>\n", 8, ['found "ecr 77"', "no segment above"]),
    (OPEN + "+0 < [flowlabel 0x1] . 1:1(0) ack 1 win 9\n", 8, ['found "flowlabel"', "of IP are read"]),
    (OPEN + "+0 < udp (100)\n", 8, ['found "udp"', "TCP segments and ICMP errors"]),
    (OPEN + "+0 < 1234 > 8080 . 1:1(0) ack 1 win 9\n", 8, ["ports in packets are not read"]),
    (OPEN + "+0 < icmp unreachable net_prohibited [1:1(0)]\n", 8, ['found "net_prohibited"', "ICMP that is read"]),
    (OPEN + "+0 > icmp unreachable port_unreachable\n", 8, ["where it arrives"]),
    (OPEN + "+0 %{ assert tcpi_reordering == 3 }%\n", 8, ['found "tcpi_reordering', "of code are read"]),
    (OPEN + "+0 %{ cwnd = tcpi_snd_cwnd }%\n", 8, ["of code are read"]),
    (OPEN + "+0 %{\nassert tcpi_snd_cwnd == 10\nassert tcpi_foo == 1 }%\n", 10, ['found "tcpi_foo']),
]


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        for line in detail.splitlines()[:30] if not good else []:
            print("#", line)


def run(runner, *arguments):
    return subprocess.run([runner, *arguments], capture_output=True, text=True, check=False)


def round_trip(tap, runner, files, directory):
    """Writes all that can be said, and runs it as scripts, in virtual time."""
    wrote = run(runner, "--to-pkt", directory, *files)
    scripts = sorted(os.path.join(directory, name) for name in os.listdir(directory))
    told = wrote.stdout.count("# written to ") + wrote.stdout.count("# cannot be said: ")
    cases = int(wrote.stdout.split("\n", 1)[0].split("..")[1])
    tap.ok(told == cases, "each case is written, or it is said why not", f"{told} of {cases}")
    # what is left out needs a reason of the language's: most of what there is can be said
    tap.ok(len(scripts) > cases // 2, "more than half of all cases can be said", f"{len(scripts)} of {cases}")
    ran = run(runner, *scripts)
    failed = "\n".join(line for line in ran.stdout.splitlines() if line.startswith("not ok"))
    tap.ok(ran.returncode == 0, "what was written runs as a script", failed + ran.stderr)


def bad_inputs(tap, runner, directory):
    for i, (text, line, words) in enumerate(BAD):
        path = os.path.join(directory, f"bad{i}.pkt")
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        got = run(runner, path)
        want = [f"bad{i}.pkt:{line}:"] + words
        tap.ok(got.returncode == 2 and all(word in got.stderr for word in want), f"refused: {words[0]}",
               f"wanted {want}\n{got.stderr}{got.stdout}")


def wrong_expectations(tap, runner, directory):
    """A script that is understood and not fulfilled must fail: one changed number each."""
    good = (OPEN + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n+.3 > P. 1:101(100) ack 1\n"
            "+0 %{ assert tcpi_snd_cwnd == 1; assert tcpi_ca_state == TCP_CA_Loss }%\n")
    good = "--tolerance_usecs=120000\n" + good
    changes = [("ack 1 <mss 1460>", "ack 1 <mss 1400>"), ("<mss 1460>", "<mss 1460,nop,nop,sackOK>"), ("> P. 1:101(100)", "> . 1:101(100)"),
               ("+.3 >", "+2.3 >"), ("= 100\n", "= 99\n"), ("> P. 1:101(100) ack 1\n+.3", "> P. 1:101(100) ack 1 win 1\n+.3"),
               ("tcpi_snd_cwnd == 1", "tcpi_snd_cwnd == 2"), ("TCP_CA_Loss", "TCP_CA_Recovery")]
    for i, (old, new) in enumerate([("", "")] + changes):
        path = os.path.join(directory, f"wrong{i}.pkt")
        assert old in good
        with open(path, "w", encoding="ascii") as f:
            f.write(good.replace(old, new, 1) if old else good)
        got = run(runner, path)
        tap.ok(got.returncode == (1 if old else 0), f"not fulfilled: {' '.join(new.split())}" if old else "fulfilled as it stands", got.stdout + got.stderr)


# what a call that waits, an epoll or a cork does must be as the script says: a script, and changes each of which it must not pass
WAITING = [
    (OPEN + "+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [10000], 4) = 0\n+0...0.2 write(4, ..., 30000) = 30000\n"
     "+.1 < . 1:1(0) ack 10001 win 30000\n+.1 < . 1:1(0) ack 20001 win 30000\n+.1 < . 1:1(0) ack 30001 win 30000\n",
     [("...0.2", "...0.1"), ("...0.2", "...0.3"), ("= 30000", "= 20000"), ("ack 20001", "ack 10001")]),
    (OPEN + "+0...0.1 read(4, ..., 100) = 50\n+.1 < P. 1:51(50) ack 1 win 30000\n",
     [("...0.1", "...0.2"), ("...0.1", "...0.05"), ("= 50", "= 40")]),
    # a call that returns within the tolerance of the next
    (OPEN + "+0...0.102 read(4, ..., 100) = 50\n+.1 < P. 1:51(50) ack 1 win 30000\n+0 write(4, ..., 100) = 100\n", []),
    (WATCH + "+0...0.1 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, -1) = 1\n+.1 < P. 1:51(50) ack 1 win 30000\n",
     [("...0.1", "...0.2"), ("...0.1", "...0.05"), ("wait(5, {events=EPOLLIN", "wait(5, {events=EPOLLOUT"),
      (", {events=EPOLLIN, fd=4}) = 0", ", {events=EPOLLPRI, fd=4}) = 0")]),
    (WATCH + "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLIN|EPOLLOUT|EPOLLET, fd=4}) = 0\n"
     "+0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1\n+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0\n",
     [("|EPOLLET", ""), ("|EPOLLOUT", "")]),
    (OPEN + "+0...0.1 poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, -1) = 1\n+.1 < P. 1:51(50) ack 1 win 30000\n",
     [("...0.1", "...0.2"), ("...0.1", "...0.05"), ("events=POLLIN, revents=POLLIN", "events=POLLIN, revents=POLLIN|POLLOUT")]),
    (OPEN + "+0 send(4, ..., 100, MSG_MORE) = 100\n+.1 write(4, ..., 100) = 100\n+0 > P. 1:201(200) ack 1\n",
     [("MSG_MORE", "0"), ("P. 1:201(200)", "P. 1:101(100)")]),
    (OPEN + "+0 setsockopt(4, SOL_TCP, TCP_CORK, [1], 4) = 0\n+0 write(4, ..., 100) = 100\n"
     "+.1 setsockopt(4, SOL_TCP, TCP_CORK, [0], 4) = 0\n+0 > P. 1:101(100) ack 1\n",
     [("[1]", "[0]"), ("TCP_CORK, [0]", "TCP_CORK, [1]")]),
    (OPEN + "+0 shutdown(4, SHUT_RD) = 0\n+0 read(4, ..., 5) = 0\n+0 poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) = 1\n",
     [("shutdown(4, SHUT_RD)", "fcntl(4, F_SETFL, O_RDWR)"), ("= 0\n+0 poll", "= 5\n+0 poll")]),
]

LINUX = "`../common/defaults.sh`\n" + OPEN
WAITING += [
    # what Linux does and no standard asks for goes with its defaults alone: ACKs at once in the beginning, PSH within a burst
    (LINUX + "+.1 < P. 1:51(50) ack 1 win 30000\n+0 > . 1:1(0) ack 51\n+0 write(4, ..., 10000) = 10000\n"
     "+0 > P. 1:5001(5000) ack 51\n+0 > P. 5001:10001(5000) ack 51\n", [("`../common/defaults.sh`\n", "")]),
]


def waiting(tap, runner, directory):
    path = os.path.join(directory, "waiting.pkt")
    for i, (good, changes) in enumerate(WAITING):
        for old, new in [("", "")] + changes:
            assert old in good
            with open(path, "w", encoding="ascii") as f:
                f.write(good.replace(old, new, 1) if old else good)
            got = run(runner, path)
            tap.ok(got.returncode == (1 if old else 0), f"call {i} with {new} for {old}".replace("\n", " ") if old else f"call {i} as it stands",
                   got.stdout + got.stderr)


def main():
    runner, files = sys.argv[1], sys.argv[2:]
    tap = Tap()
    with tempfile.TemporaryDirectory() as directory:
        round_trip(tap, runner, files, directory)
    with tempfile.TemporaryDirectory() as directory:
        bad_inputs(tap, runner, directory)
        wrong_expectations(tap, runner, directory)
        waiting(tap, runner, directory)
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
