/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "svg.h"

#define LEFT 72.0
#define RIGHT (SVG_WIDTH - 20.0)
#define LEGEND_TOP 62.0
#define LEGEND_ROW 17.0
#define BOTTOM (SVG_HEIGHT - 44.0)
#define GAP 30.0             /* between panels: the lower one's title */
#define CHARACTER 6.6        /* width of one at 12 px, on the safe side */
#define INK "#222222"
#define FAINT "#e4e4e4"

struct frame {
	double top, bottom;      /* of a panel, pixels */
	double seconds, most;    /* values at its right and its upper edge */
};

double
svg_step(double range, unsigned int most)
{
	double power, step;

	if (!(range > 0) || !isfinite(range))
		return 1;
	power = pow(10, floor(log10(range / most)));
	for (unsigned int i = 0; i < 3; i++) {
		step = power * (i == 0 ? 1 : i == 1 ? 2 : 5);
		/* what is divided without a remainder may come out a little more */
		if (range / step <= most + 1e-9)
			return step;
	}
	return 10 * power;
}

/* Okabe and Ito's, without the yellow that vanishes on white, and four more. */
const char *
svg_colour(uint32_t i)
{
	static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00",
					       "#56b4e9", "#7b3f00", "#5b4fa0", "#8a8a00", "#c2185b" };

	return colours[i % (sizeof(colours) / sizeof(colours[0]))];
}

static void
text(FILE *out, double x, double y, const char *anchor, double size, const char *weight, const char *words)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%.0f\" font-weight=\"%s\">", x, y,
		anchor, size, weight);
	for (const char *p = words; *p != 0; p++) {
		switch (*p) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		default:
			/* no control character may stand in XML 1.0 */
			fputc((unsigned char)*p < ' ' ? ' ' : *p, out);
		}
	}
	fputs("</text>\n", out);
}

static void
rule(FILE *out, double x1, double y1, double x2, double y2, const char *colour)
{
	fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, colour);
}

static double
x_of(const struct frame *f, double seconds)
{
	return LEFT + (RIGHT - LEFT) * seconds / f->seconds;
}

static double
y_of(const struct frame *f, double value)
{
	return f->bottom - (f->bottom - f->top) * value / f->most;
}

/* ---- axes */

/* The unit in which the largest value has one to three digits before the point. */
static const char *
choose_unit(enum svg_unit unit, double most, double *scale)
{
	static const char *const names[][4] = {
		[SVG_BYTES] = { "B", "kB", "MB", "GB" },
		[SVG_BITS_PER_SECOND] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s" },
	};
	unsigned int i = 0;

	if (unit == SVG_SECONDS) {
		*scale = most >= 2 ? 1 : most >= 2e-3 ? 1e3 : 1e6;
		return most >= 2 ? "s" : most >= 2e-3 ? "ms" : "us";
	}
	*scale = 1;
	while (i < 3 && most * *scale >= 2000) {
		*scale /= 1000;
		i++;
	}
	return names[unit][i];
}

static void
label(char *buf, size_t size, double value, double step)
{
	int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);

	snprintf(buf, size, "%.*f", digits > 9 ? 9 : digits, value);
}

static void
draw_time_axis(FILE *out, const struct frame *f, bool labels)
{
	double step = svg_step(f->seconds, 12);
	char buf[32];

	for (unsigned int i = 0; i * step <= f->seconds * (1 + 1e-9); i++) {
		double x = x_of(f, i * step);

		rule(out, x, f->top, x, f->bottom + 4, FAINT);
		if (!labels)
			continue;
		label(buf, sizeof(buf), i * step, step);
		text(out, x, f->bottom + 17, "middle", 11, "normal", buf);
	}
	if (labels)
		text(out, (LEFT + RIGHT) / 2, f->bottom + 34, "middle", 12, "normal", "time, s");
}

static void
draw_value_axis(FILE *out, const struct frame *f, double scale)
{
	unsigned int most = (unsigned int)((f->bottom - f->top) / 24);
	double step = svg_step(f->most * scale, most > 1 ? most : 1);
	char buf[32];

	for (unsigned int i = 0; i * step <= f->most * scale * (1 + 1e-9); i++) {
		double y = y_of(f, i * step / scale);

		rule(out, LEFT, y, RIGHT, y, FAINT);
		label(buf, sizeof(buf), i * step, step);
		text(out, LEFT - 7, y + 4, "end", 11, "normal", buf);
	}
}

/* ---- lines */

struct pen {
	FILE *out;
	const struct frame *frame;
	bool down;
};

static void
move(struct pen *p, double x, double y)
{
	if (isnan(y)) {
		p->down = false;
		return;
	}
	if (y > p->frame->most)
		y = p->frame->most;
	fprintf(p->out, "%s%.1f %.1f", p->down ? "L" : "M", x_of(p->frame, x), y_of(p->frame, y));
	p->down = true;
}

/*
 * More points than pixels: of those that fall on one pixel the least and the largest are drawn, in the order in which they
 * come, so that no peak is lost.
 */
static void
trace(struct pen *p, const struct svg_line *l)
{
	uint32_t columns = (uint32_t)(RIGHT - LEFT), per = l->count > 2 * columns ? l->count / columns + 1 : 1;

	for (uint32_t i = 0; i < l->count; i += per) {
		uint32_t low = i, high = i;

		for (uint32_t n = i; n < i + per && n < l->count; n++) {
			if (isnan(l->points[low].y) || l->points[n].y < l->points[low].y)
				low = n;
			if (isnan(l->points[high].y) || l->points[n].y > l->points[high].y)
				high = n;
		}
		move(p, l->points[low < high ? low : high].x, l->points[low < high ? low : high].y);
		if (low != high)
			move(p, l->points[low < high ? high : low].x, l->points[low < high ? high : low].y);
	}
}

static void
draw_line(FILE *out, const struct frame *f, const struct svg_line *l)
{
	struct pen pen = { out, f, false };

	if (l->count == 0)
		return;
	fputs("<path d=\"", out);
	if (l->width == 0)
		fprintf(out, "M%.1f %.1f", x_of(f, l->points[0].x), f->bottom);
	pen.down = l->width == 0;
	trace(&pen, l);
	if (l->width == 0)
		fprintf(out, "L%.1f %.1fZ\" fill=\"%s\" stroke=\"none\"/>\n", x_of(f, l->points[l->count - 1].x),
			f->bottom, l->colour);
	else
		fprintf(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.2f\"%s stroke-linejoin=\"round\"/>\n",
			l->colour, l->width, l->dashed ? " stroke-dasharray=\"4 3\"" : "");
}

/* ---- the whole */

static double
largest(const struct svg_panel *p)
{
	double most = p->least_top;

	for (uint32_t i = 0; i < p->line_count; i++)
		for (uint32_t n = 0; n < p->lines[i].count; n++)
			if (p->lines[i].points[n].y > most)
				most = p->lines[i].points[n].y;
	return most > 0 ? most * 1.05 : 1;
}

static void
draw_panel(FILE *out, const struct svg_panel *p, struct frame *f, bool last)
{
	char title[128];
	const char *unit;
	double scale;

	f->most = largest(p);
	unit = choose_unit(p->unit, f->most, &scale);
	snprintf(title, sizeof(title), "%s, %s", p->title, unit);
	text(out, LEFT, f->top - 7, "start", 12, "bold", title);
	draw_time_axis(out, f, last);
	draw_value_axis(out, f, scale);
	for (uint32_t i = 0; i < p->line_count; i++)
		draw_line(out, f, &p->lines[i]);
	rule(out, LEFT, f->bottom, RIGHT, f->bottom, INK);
	rule(out, LEFT, f->top, LEFT, f->bottom, INK);
}

static void
draw_key(FILE *out, double x, double y, const struct svg_legend *l)
{
	if (l->area)
		fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"22\" height=\"9\" fill=\"%s\"/>\n", x, y - 9,
			l->colour);
	else
		fprintf(out,
			"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2.5\"%s/>\n",
			x, y - 4, x + 22, y - 4, l->colour, l->dashed ? " stroke-dasharray=\"4 3\"" : "");
	text(out, x + 27, y, "start", 12, "normal", l->text);
}

/* Returns where the panels may begin. */
static double
draw_legend(FILE *out, const struct svg_plot *plot)
{
	double x = LEFT, y = LEGEND_TOP;

	for (uint32_t i = 0; i < plot->legend_count; i++) {
		double width = 27 + CHARACTER * (double)strlen(plot->legend[i].text) + 18;

		if (x + width > RIGHT && x > LEFT) {
			x = LEFT;
			y += LEGEND_ROW;
		}
		draw_key(out, x, y, &plot->legend[i]);
		x += width;
	}
	return plot->legend_count > 0 ? y + 32 : LEGEND_TOP + 10;
}

bool
svg_write(FILE *out, const struct svg_plot *plot)
{
	double top, height;

	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		"font-family=\"'DejaVu Sans',Verdana,Arial,sans-serif\" fill=\"" INK "\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
		SVG_WIDTH, SVG_HEIGHT, SVG_WIDTH, SVG_HEIGHT, SVG_WIDTH, SVG_HEIGHT);
	text(out, LEFT, 24, "start", 16, "bold", plot->title);
	text(out, LEFT, 42, "start", 12, "normal", plot->subtitle);
	top = draw_legend(out, plot);
	height = (BOTTOM - top - GAP * (plot->panel_count - 1)) / plot->panel_count;
	for (uint32_t i = 0; i < plot->panel_count; i++) {
		struct frame f = { .top = top + i * (height + GAP), .seconds = plot->seconds > 0 ? plot->seconds : 1 };

		f.bottom = f.top + height;
		draw_panel(out, &plot->panels[i], &f, i + 1 == plot->panel_count);
	}
	fputs("</svg>\n", out);
	return ferror(out) == 0;
}
