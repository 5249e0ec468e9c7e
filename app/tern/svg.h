/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SVG_H
#define APP_SVG_H

/* A small plotter: panels above each other that share their time axis, as one SVG. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct svg_point {
	double x, y;            /* x: seconds; y: NAN is a gap */
};

struct svg_line {
	const struct svg_point *points;
	uint32_t count;
	const char *colour;     /* "#0072b2" */
	double width;           /* 0: an area down to the axis, without a line */
	bool dashed;
};

/* What a panel's values are: how its axis is divided and labelled. */
enum svg_unit { SVG_BYTES, SVG_SECONDS, SVG_BITS_PER_SECOND };

struct svg_panel {
	const char *title;
	enum svg_unit unit;
	const struct svg_line *lines;   /* drawn in this order */
	uint32_t line_count;
	double least_top;               /* the axis reaches at least this, in the unit; 0: the values decide */
};

struct svg_legend {
	const char *text, *colour;
	bool area, dashed;
};

struct svg_plot {
	const char *title, *subtitle;
	double seconds;                 /* of the time axis, from 0 */
	const struct svg_panel *panels;
	uint32_t panel_count;
	const struct svg_legend *legend;
	uint32_t legend_count;
};

#define SVG_WIDTH 960
#define SVG_HEIGHT 720

/* false when it could not be written. */
bool svg_write(FILE *out, const struct svg_plot *plot);

/* The distance between ticks, 1, 2 or 5 times a power of ten, so that at most `most` of them divide `range`. */
double svg_step(double range, unsigned int most);
/* A colour for the i-th of many, told apart also by those who see few colours. */
const char *svg_colour(uint32_t i);

#endif
