# SPDX-License-Identifier: GPL-2.0-or-later
# bench/rows and the samples of bench/run: a table on the terminal, the same as Markdown, and JSON.
# A ratio is that of the two runs that stood side by side. Its spread is the middle half: from the lower to the upper quartile.

function say(line) { print line }

# The value at a quantile of n sorted values, interpolated.
function quantile(sorted, n, q,    at, low) {
	at = 1 + (n - 1) * q
	low = int(at)
	return low >= n ? sorted[n] : sorted[low] + (at - low) * (sorted[low + 1] - sorted[low])
}

# Fills sorted[] with one side's values of a row; returns how many.
function collect(row, side, metric,    run, n, i, value) {
	split("", sorted)
	n = 0
	for (run = 1; run <= runs; run++) {
		if (!((row, run, side, metric) in sample))
			continue
		value = sample[row, run, side, metric]
		for (i = n++; i > 0 && sorted[i] > value; i--)
			sorted[i + 1] = sorted[i]
		sorted[i + 1] = value
	}
	return n
}

function collect_ratios(row, metric,    run, n, i, value) {
	split("", sorted)
	n = 0
	for (run = 1; run <= runs; run++) {
		if (!((row, run, "A", metric) in sample) || !((row, run, "B", metric) in sample) || !(sample[row, run, "B", metric] > 0))
			continue
		value = sample[row, run, "A", metric] / sample[row, run, "B", metric]
		for (i = n++; i > 0 && sorted[i] > value; i--)
			sorted[i + 1] = sorted[i]
		sorted[i + 1] = value
	}
	return n
}

function number(value) {
	return value == "" ? "-" : value >= 1e6 ? sprintf("%.3gM", value / 1e6) : value >= 1e4 ? sprintf("%.3gk", value / 1e3) : \
		value >= 100 ? sprintf("%.0f", value) : sprintf("%.3g", value)
}

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

function all_values(row, side, metric,    run, text) {
	text = ""
	for (run = 1; run <= runs; run++)
		if ((row, run, side, metric) in sample)
			text = text (text == "" ? "" : ", ") sample[row, run, side, metric]
	return "[" text "]"
}

FNR == 1 { file++ }

file == 1 {
	if ($0 ~ /^#/ || split($0, field, "|") < 8)
		next
	id = field[2]
	ids[++count] = id
	table[id] = field[1]; metric[id] = field[4]; limit[id] = field[6]; title[id] = field[8]; peer[id] = field[5]
	key = field[3] "|" field[5]
	if (!(key in first))
		first[key] = id
	samples_of[id] = first[key]
	program[id] = key
	is_quick[id] = field[7]; floor[id] = field[9]
	next
}

{
	sample[$1, $2, $3, $4] = $5
	seen[$1] = 1
	if ($4 == "failed" || $4 == "missing")
		broken[$1, $3] = $4
	if ($4 == "instr")
		counted = 1
	measured_as[$1] = 1
}

END {
	heading["core"] = "the core: libfsnotify against Linux's C core, both on libfsnotify's process host"
	heading["host"] = "the process host: each primitive against the best at hand in C"
	heading["whole"] = "the whole: an event from hook to the reader's buffer, against the running kernel's inotify"
	heading["floor"] = "floors of this machine, measured in the same run"
	machine = cpu ", " cores " processors, " memory " GiB; " kernel "; " libc
	say("machine: " machine "; load " load)
	say("runs: " runs " of each side, in turn; medians, and the middle half of the ratios" (counted ? "" : "; instructions are not counted on this machine"))
	printf "# %s\n# %s\n", machine, date >markdown

	printf "{\n\t\"date\": %s,\n\t\"machine\": { \"cpu\": %s, \"processors\": %d, \"memory_gib\": %d, \"kernel\": %s, \"libc\": %s, \"load\": %s },\n", \
		quoted(date), quoted(cpu), cores, memory, quoted(kernel), quoted(libc), load >json
	printf "\t\"flags\": %s,\n\t\"runs\": %d,\n\t\"quick\": %s,\n\t\"instructions_counted\": %s,\n\t\"rows\": [", quoted(flags), runs, \
		quick != "" ? "true" : "false", counted ? "true" : "false" >json
	factor = quick != "" ? 1.5 : 1
	for (t = 1; t <= split("core host whole floor", tables, " "); t++) {
		shown = 0
		for (i = 1; i <= count; i++) {
			id = ids[i]
			if (table[id] != tables[t] || (only !~ /^ *$/ && index(only, " " id " ") == 0))
				continue
			row = samples_of[id]
			# chosen rows only; a row may stand in for several
			if (!(row in seen)) {
				# the first of those that share it was not chosen, another was
				for (k = 1; k <= count; k++)
					if (program[ids[k]] == program[id] && ids[k] in seen)
						row = ids[k]
				if (!(row in seen))
					continue
			}
			if (quick != "" && is_quick[id] != "yes")
				continue
			if (!shown++) {
				say("")
				say(heading[tables[t]])
				say(sprintf("%-78s %9s %9s %7s %15s %6s", "", "ours", "peer", "ratio", "spread", "limit"))
				printf "\n| %s | ours | peer | ratio | spread | limit | |\n|---|--:|--:|--:|--:|--:|---|\n", tables[t] >markdown
			}
			m = metric[id]
			a = collect(row, "A", m) ? quantile(sorted, collect(row, "A", m), 0.5) : ""
			b = collect(row, "B", m) ? quantile(sorted, collect(row, "B", m), 0.5) : ""
			n = collect_ratios(row, m)
			ratio = n ? quantile(sorted, n, 0.5) : ""
			low = n ? quantile(sorted, n, 0.25) : ""
			high = n ? quantile(sorted, n, 0.75) : ""
			verdict = ""
			if (limit[id] ~ /^=/) {
				# an absolute bound
				bound = substr(limit[id], 2) * factor
				if (a == "" || sorted_low(row, m) > bound)
					verdict = "ABOVE"
			} else if (limit[id] != "-") {
				bound = limit[id] * factor
				if (n == 0)
					verdict = "NOT MEASURED"
				else if (low > bound)
					verdict = "ABOVE"
			}
			if (verdict == "ABOVE" && at_floor(row, m, floor[id]))
				verdict = "at its floor"
			if ((row, "A") in broken || (row, "B") in broken)
				verdict = "FAILED"
			if (verdict != "" && verdict != "at its floor")
				missed++
			note = ""
			if ((row, 1, "A", "scaled") in sample)
				note = " (scaled down to " sample[row, 1, "A", "scaled"] ": memory)"
			shown_limit = limit[id] ~ /^=/ ? "<" substr(limit[id], 2) : limit[id]
			say(sprintf("%-78s %9s %9s %7s %15s %6s %s", title[id] note, number(a), number(b), n ? sprintf("%.3f", ratio) : "", \
				n ? sprintf("%.3f-%.3f", low, high) : "", shown_limit, verdict))
			printf "| %s | %s | %s | %s | %s | %s | %s |\n", title[id] note, number(a), number(b), n ? sprintf("%.3f", ratio) : "", \
				n ? sprintf("%.3f–%.3f", low, high) : "", shown_limit, verdict >markdown
			printf "%s\n\t\t{ \"table\": %s, \"row\": %s, \"title\": %s, \"metric\": %s,\n\t\t  \"ours\": %s, \"peer\": %s", \
				json_rows++ ? "," : "", quoted(table[id]), quoted(id), quoted(title[id] note), quoted(m), \
				all_values(row, "A", m), all_values(row, "B", m) >json
			if (n)
				printf ",\n\t\t  \"ratio\": %.4f, \"spread\": [%.4f, %.4f]", ratio, low, high >json
			if (collect(row, "A", "instr"))
				printf ",\n\t\t  \"instructions\": { \"ours\": %s, \"peer\": %s }", all_values(row, "A", "instr"), \
					all_values(row, "B", "instr") >json
			printf ",\n\t\t  \"limit\": %s, \"verdict\": %s }", limit[id] ~ /^[0-9.]+$/ ? limit[id] : quoted(limit[id]), \
				quoted(verdict == "" ? (limit[id] == "-" ? "" : "ok") : verdict) >json
		}
	}
	print "\n\t]\n}" >json
	if (json_rows == 0) {
		say("no row of that name")
		exit 2
	}
	say("")
	say((missed ? missed " above the limit or not measured" : "every limit is met") (quick != "" ? " (limits 1.5 times as high)" : ""))
	if (check != "" && missed)
		exit 1
}

# Is a row no more than a twentieth above the row that shows what nobody can do with less?
function at_floor(row, m, below,    n, least) {
	if (below == "" || !(below in seen))
		return 0
	n = collect(below, "A", m)
	least = quantile(sorted, n, 0.5)
	n = collect(row, "A", m)
	return quantile(sorted, n, 0.5) <= least * 1.05
}

function sorted_low(row, m,    n) {
	n = collect(row, "A", m)
	return n ? quantile(sorted, n, 0.25) : ""
}
