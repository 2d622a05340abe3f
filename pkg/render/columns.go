package render

import (
	"slices"
	"strings"
)

// planned is a column as it stands in a table of a given width.
type planned struct {
	column
	at    int // place of its cells in a row
	width int
	least int      // narrowest width that reads well
	under *planned // column whose cells stand under its own
}

// arrange decides which columns of the section a table of cols columns has,
// and how wide each is. Where they do not all fit on one line, columns that
// may go below others do; then the wide ones wrap; then side columns go, from
// the last; and in the end wide columns get as narrow as they must.
func arrange(s section, cols int) []planned {
	list := natural(s)
	if total(list) > cols {
		list = stack(list)
	}
	for {
		fitted := shrink(list, cols, func(p planned) int { return p.least })
		if total(fitted) <= cols {
			return fitted
		}
		rest, dropped := dropSide(list)
		if !dropped {
			return shrink(list, cols, lastResort)
		}
		list = rest
	}
}

// lastResort lets every column but figures get so narrow that the table fits
// MinWidth, and still holds a wide character.
func lastResort(p planned) int {
	if p.kind == number {
		return p.least
	}
	return 4
}

// natural plans the columns of the section as wide as their widest cell.
// Figures never wrap; other columns should not get narrower than maxLeast, or
// what they hold.
func natural(s section) []planned {
	list := make([]planned, len(s.columns))
	for i, c := range s.columns {
		p := planned{column: c, at: i, width: width(c.head)}
		if c.kind == number {
			p.width = widest(strings.Fields(c.head))
		}
		least := widest(strings.Fields(c.head))
		for _, g := range s.groups {
			for _, r := range g.rows {
				words := pieces(c.kind, r[i])
				p.width = max(p.width, width(strings.Join(words, " ")))
				least = max(least, widest(words))
			}
		}
		p.least = min(least, maxLeast)
		if c.kind == number {
			p.least = p.width
		}
		list[i] = p
	}
	return list
}

// maxLeast holds most names of fields, and enough of a value to know it by.
const maxLeast = 24

func widest(words []string) int {
	w := 0
	for _, word := range words {
		w = max(w, width(word))
	}
	return w
}

// total is the width of a table of the columns.
func total(list []planned) int {
	sum := len(gap) * (len(list) - 1)
	for _, p := range list {
		sum += p.width
	}
	return sum
}

// stack puts columns that may go below another one there.
func stack(list []planned) []planned {
	var out []planned
	for _, p := range list {
		if !p.below || len(out) == 0 {
			out = append(out, p)
			continue
		}
		upper := &out[len(out)-1]
		upper.under = &p
		upper.width = max(upper.width, p.width)
		upper.least = max(upper.least, p.least)
	}
	return out
}

// shrink narrows the widest columns, none below its least, until the table
// fits or nothing is left to take away.
func shrink(list []planned, cols int, least func(planned) int) []planned {
	list = slices.Clone(list)
	for i := range list {
		list[i].width = min(list[i].width, cols)
	}
	for over := total(list) - cols; over > 0; over-- {
		widest := -1
		for i, p := range list {
			if p.width > least(p) && (widest < 0 || p.width > list[widest].width) {
				widest = i
			}
		}
		if widest < 0 {
			return list
		}
		list[widest].width--
	}
	return list
}

// dropSide drops the last side column.
func dropSide(list []planned) ([]planned, bool) {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].side {
			return slices.Delete(slices.Clone(list), i, i+1), true
		}
	}
	return list, false
}
