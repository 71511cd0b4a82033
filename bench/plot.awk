# SPDX-License-Identifier: GPL-2.0-or-later
# A curve as SVG, both axes logarithmic: lines "x library linux" under a heading.

function log10(v) { return log(v) / log(10) }
function px(v) { return left + (log10(v) - x0) / (x1 - x0) * width }
function py(v) { return top + height - (log10(v) - y0) / (y1 - y0) * height }
function floor(v,    i) { i = int(v); return i > v ? i - 1 : i }
function ceiling(v) { return -floor(-v) }
function power(e) { return e >= 9 ? 10 ^ (e - 9) " G" : e >= 6 ? 10 ^ (e - 6) " M" : e >= 3 ? 10 ^ (e - 3) " k" : 10 ^ e "" }
function curve(column, colour, name, number,    i, points) {
	points = ""
	for (i = 1; i <= n; i++)
		if (v[i, column] > 0) {
			points = points sprintf("%.1f,%.1f ", px(v[i, 1]), py(v[i, column]))
			printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", px(v[i, 1]), py(v[i, column]), colour
		}
	printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", points, colour
	printf "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", left + 10, top + 18 * number, colour, name
}

NR > 1 && $1 > 0 {
	n++
	for (c = 1; c <= 3; c++)
		v[n, c] = $c
	for (c = 2; c <= 3; c++)
		if ($c > 0) {
			low = low == "" || $c < low ? $c : low
			high = high == "" || $c > high ? $c : high
		}
	xlow = xlow == "" || $1 < xlow ? $1 : xlow
	xhigh = $1 > xhigh ? $1 : xhigh
}

END {
	left = 70; top = 40; width = 520; height = 300
	if (n == 0 || low == "")
		exit
	x0 = floor(log10(xlow) + 1e-9); x1 = ceiling(log10(xhigh) - 1e-9)
	y0 = floor(log10(low) + 1e-9); y1 = ceiling(log10(high) - 1e-9)
	if (x1 <= x0) x1 = x0 + 1
	if (y1 <= y0) y1 = y0 + 1
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", left + width + 20, top + height + 50
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	printf "<text x=\"%d\" y=\"22\" font-size=\"14\">%s</text>\n", left, title
	for (e = x0; e <= x1; e++) {
		printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#ddd\"/>\n", px(10 ^ e), px(10 ^ e), top, top + height
		printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", px(10 ^ e), top + height + 16, power(e)
	}
	for (e = y0; e <= y1; e++) {
		printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", left, left + width, py(10 ^ e), py(10 ^ e)
		printf "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", left - 6, py(10 ^ e) + 4, power(e)
	}
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", left + width / 2, top + height + 36, xlabel
	printf "<text x=\"16\" y=\"%d\" transform=\"rotate(-90 16 %d)\" text-anchor=\"middle\">%s</text>\n", top + height / 2, top + height / 2, ylabel
	curve(3, "#c0392b", "Linux's C core", 2)
	curve(2, "#1f6fb2", "libfsnotify", 1)
	print "</svg>"
}
