//! Tables, told from columns of text by what is in their cells: a PDF does not say where they are.

use super::gutters::Gutter;
use super::rows::Row;
use crate::paper::page::Line;

/// Minimum number of rows with text in several columns.
const MIN_ROWS: usize = 3;

/// Maximum number of columns, which bounds the cells of a hostile page.
const MAX_COLUMNS: usize = 30;

/// Maximum difference in height between the cells of a row, in heights of the text.
const MAX_SHIFT: f32 = 0.3;

/// Minimum number of words per line in a column of running text.
const PROSE_WORDS: f32 = 3.5;

/// Minimum share of their column that lines of running text fill.
const PROSE_WIDTH: f32 = 0.7;

/// Lines of a cell, from top to bottom; none if it is empty.
pub(crate) type Cell = Vec<Line>;

/// Rows cut into cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grid {
    /// The rows, each with the same number of cells.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Widths of the columns.
    pub(crate) widths: Vec<f32>,
}

impl Grid {
    /// Returns the table that these rows are, if they are one: their cells are aligned, and one of the
    /// columns has numbers, or the first one has labels, or there are more than two.
    pub(crate) fn of_table(rows: &[Row], gutters: &[Gutter]) -> Option<Self> {
        let grid = Self::new(rows, gutters);
        grid.is_table().then(|| grid.with_whole_cells())
    }

    fn new(rows: &[Row], gutters: &[Gutter]) -> Self {
        let edges = |edge: fn(&Row) -> f32| rows.iter().map(edge);
        let left = edges(|row| row.area.left).fold(f32::INFINITY, f32::min);
        let right = edges(|row| row.area.right).fold(0.0, f32::max);
        let mut widths = Vec::new();
        let mut start = left;
        for end in gutters.iter().map(|gutter| gutter.middle()).chain([right]) {
            widths.push(end - start);
            start = end;
        }
        let cells = |row: &Row| {
            let mut cells = vec![Cell::new(); gutters.len() + 1];
            for line in &row.lines {
                let is_before = |gutter: &&Gutter| gutter.middle() < line.area().left;
                cells[gutters.iter().filter(is_before).count()].push(line.clone());
            }
            cells
        };
        let rows = rows.iter().map(cells).collect();
        Self { rows, widths }
    }

    /// Returns the rows with text in several columns.
    fn shared(&self) -> impl Iterator<Item = &Vec<Cell>> {
        self.rows.iter().filter(|row| occupied(row) > 1)
    }

    fn is_table(&self) -> bool {
        let shared = self.shared().count();
        if self.widths.len() > MAX_COLUMNS || shared < MIN_ROWS {
            return false;
        }
        if 5 * self.shared().filter(|row| is_aligned(row)).count() < 4 * shared {
            return false;
        }
        let columns = 0..self.widths.len();
        let are_most = |column: usize, test: fn(&str) -> bool| {
            let cells = self.shared().flat_map(|row| &row[column]);
            let found = cells.filter(|line| test(&line.text())).count();
            found >= 2 && 2 * found >= shared
        };
        let is_label = |text: &str| text.ends_with(':');
        // Labels that are not at the left belong to something beside it, such as an address.
        if columns
            .clone()
            .skip(1)
            .any(|column| are_most(column, is_label))
        {
            return false;
        }
        if columns
            .clone()
            .filter(|column| self.is_prose(*column))
            .count()
            > 1
        {
            return false;
        }
        let has_numbers = columns
            .clone()
            .skip(1)
            .any(|column| are_most(column, is_number));
        let full = self
            .rows
            .iter()
            .filter(|row| occupied(row) == columns.len())
            .count();
        has_numbers || are_most(0, is_label) || columns.len() > 2 && 5 * full >= 3 * self.rows.len()
    }

    fn is_prose(&self, column: usize) -> bool {
        let lines = || self.rows.iter().flat_map(|row| &row[column]);
        let count = lines().count().max(1) as f32;
        let words: usize = lines().map(|line| line.words().len()).sum();
        let width: f32 = lines().map(|line| line.area().width()).sum();
        words as f32 >= PROSE_WORDS * count && width >= PROSE_WIDTH * count * self.widths[column]
    }

    /// Returns the same table, with the lines of wrapped cells in one row.
    fn with_whole_cells(self) -> Self {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for row in self.rows {
            match rows.last_mut() {
                Some(last) if continues(last, &row) => {
                    for (cell, more) in last.iter_mut().zip(row) {
                        cell.extend(more);
                    }
                }
                _ => rows.push(row),
            }
        }
        Self {
            rows,
            widths: self.widths,
        }
    }
}

fn occupied(row: &[Cell]) -> usize {
    row.iter().filter(|cell| !cell.is_empty()).count()
}

fn is_aligned(row: &[Cell]) -> bool {
    let lines = || row.iter().flatten();
    let size = lines().map(Line::size).fold(0.0, f32::max);
    let middles = || lines().map(|line| line.area().middle());
    let (top, bottom) = (
        middles().fold(f32::INFINITY, f32::min),
        middles().fold(0.0, f32::max),
    );
    bottom - top <= MAX_SHIFT * size
}

/// Returns whether `row` is the rest of the cells of `last`: nothing is in its first column, or the
/// first column goes on in the middle of a sentence, and only one of the two has more columns.
fn continues(last: &[Cell], row: &[Cell]) -> bool {
    let Some(first) = row[0].first() else {
        return true;
    };
    let before = last[0].last().map(Line::text).unwrap_or_default();
    occupied(row).min(occupied(last)) == 1
        && (first.text().starts_with(char::is_lowercase) || before.ends_with(['-', '\u{ad}', ',']))
}

/// Returns whether a cell is a number, with a currency or a unit: `1.250,00 €`, `12 %`, `20 Euro`.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits > 0 && letters <= 4
}
