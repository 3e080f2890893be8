//! The order in which a page is read: columns from left to right, each from top to bottom.
//!
//! Rows that have a gap at the same place are in columns, or in a table. The widest gap is where
//! they are cut, and each side is ordered by itself, so a column may hold columns: in a letter the
//! address, and beside it labels with their values.

use super::{
    gutters::{Gutter, gaps, narrowed},
    rows::{Row, append, rows},
    table::Grid,
};
use crate::paper::page::Line;

/// Maximum empty height between two rows of the same columns, in heights of the text: a blank line
/// or two between paragraphs.
const MAX_GAP: f32 = 2.5;

/// Maximum empty height before a row that has text in one column only: none. After a blank line it
/// may be the next part of the page, such as the subject of a letter under the address.
const MAX_GAP_ON_ONE_SIDE: f32 = 0.7;

/// Number of rows with text in several columns from which on the columns are those of a text, which
/// also goes on after a blank line in one column. An address has fewer lines.
const LONG: usize = 8;

/// Maximum gap between two parts of the same line that is no column, in heights of the text.
const MAX_TAB: f32 = 3.0;

/// Number of lines up to which a page is ordered, which bounds the work on a hostile one. A page of a
/// newspaper has 2000.
const MAX_LINES: usize = 4000;

/// Depth of columns in columns, which bounds the work on a hostile page.
const MAX_DEPTH: usize = 12;

/// A part of a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Zone {
    /// Lines of one column, from top to bottom.
    Column(Column),
    /// A table.
    Table(Grid),
}

/// Lines of one column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// The lines, from top to bottom; at least one.
    pub(crate) lines: Vec<Line>,
    /// The right edge up to which a line could have gone.
    pub(crate) right: f32,
}

/// Returns the parts of a page in the order in which they are read.
pub(crate) fn zones(lines: Vec<Line>) -> Vec<Zone> {
    let mut zones = Vec::new();
    if lines.len() <= MAX_LINES {
        push_zones(lines, &mut zones, 0);
    } else {
        push_plain(&mut { lines }, f32::INFINITY, &mut zones);
    }
    zones
}

fn push_zones(lines: Vec<Line>, zones: &mut Vec<Zone>, depth: usize) {
    let right = lines
        .iter()
        .map(|line| line.area().right)
        .fold(0.0, f32::max);
    let mut rest = rows(lines).into_iter();
    let mut plain: Vec<Line> = Vec::new();
    while !rest.as_slice().is_empty() {
        let columns = Columns::at_start(rest.as_slice()).filter(|_| depth < MAX_DEPTH);
        let Some(columns) = columns else {
            plain.extend(rest.next().into_iter().flat_map(without_tabs));
            continue;
        };
        let mut rows: Vec<Row> = rest.by_ref().take(columns.rows).collect();
        if let Some(table) = Grid::of_table(&rows, &columns.gutters) {
            push_plain(&mut plain, right, zones);
            zones.push(Zone::Table(table));
        } else {
            columns.take_right_column(&mut plain, &mut rows);
            push_plain(&mut plain, right, zones);
            let (left, right) = columns.split(rows);
            push_zones(left, zones, depth + 1);
            push_zones(right, zones, depth + 1);
        }
    }
    push_plain(&mut plain, right, zones);
}

fn push_plain(plain: &mut Vec<Line>, right: f32, zones: &mut Vec<Zone>) {
    let lines = std::mem::take(plain);
    if !lines.is_empty() {
        zones.push(Zone::Column(Column { lines, right }));
    }
}

/// Returns the lines of a row that is not part of columns, joined where the gap is that of a tab.
fn without_tabs(row: Row) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for line in row.lines {
        match lines.last_mut() {
            Some(last) if line.area().left - last.area().right < MAX_TAB * line.size() => {
                append(last, line);
            }
            _ => lines.push(line),
        }
    }
    lines
}

/// Rows with gaps at the same places.
struct Columns {
    /// Number of rows.
    rows: usize,
    /// The gaps that all rows have, from left to right; at least one.
    gutters: Vec<Gutter>,
}

impl Columns {
    /// Returns the columns with which `rows` start, if at least two rows are in several columns.
    fn at_start(rows: &[Row]) -> Option<Self> {
        let mut gutters = gaps(&rows[0]);
        let mut shared = 1;
        let mut end = 1;
        while !gutters.is_empty() && end < rows.len() {
            let (row, last) = (&rows[end], &rows[end - 1]);
            let size = row.size();
            let narrowed = narrowed(&gutters, row);
            if narrowed.is_empty() {
                break;
            }
            let is_shared = narrowed
                .iter()
                .any(|gutter| row.area.left < gutter.left && gutter.right < row.area.right);
            let max_gap = if is_shared || shared >= LONG {
                MAX_GAP
            } else {
                MAX_GAP_ON_ONE_SIDE
            };
            if row.area.top - last.area.bottom > max_gap * size {
                break;
            }
            shared += usize::from(is_shared);
            gutters = narrowed;
            end += 1;
        }
        (shared >= 2 && !gutters.is_empty()).then_some(Self { rows: end, gutters })
    }

    /// Returns the gap at which the rows are cut first.
    fn widest(&self) -> Gutter {
        let by_width = |a: &&Gutter, b: &&Gutter| a.width().total_cmp(&b.width());
        self.gutters
            .iter()
            .max_by(by_width)
            .copied()
            .unwrap_or(Gutter {
                left: 0.0,
                right: 0.0,
            })
    }

    /// Moves the last lines of `plain` to `rows` that are the start of the right column, which
    /// begins higher than the left one.
    fn take_right_column(&self, plain: &mut Vec<Line>, rows: &mut Vec<Row>) {
        let gutter = self.widest();
        while let Some(line) = plain.pop_if(|line| {
            let gap = rows[0].area.top - line.area().bottom;
            line.area().left >= gutter.middle() && gap < MAX_GAP_ON_ONE_SIDE * line.size()
        }) {
            rows.insert(0, Row::new(line));
        }
    }

    /// Returns the lines on both sides of the widest gap.
    fn split(&self, rows: Vec<Row>) -> (Vec<Line>, Vec<Line>) {
        let middle = self.widest().middle();
        let lines = rows.into_iter().flat_map(|row| row.lines);
        lines.partition(|line| line.area().left < middle)
    }
}
