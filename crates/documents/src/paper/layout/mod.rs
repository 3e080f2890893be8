//! Words with boxes to paragraphs and tables, in the order in which a person reads them.
//!
//! - [`rows`]: lines beside each other
//! - [`gutters`]: gaps between columns
//! - [`order`]: columns, in reading order
//! - [`table`]: tables, found by alignment
//! - [`repeated`]: headers and footers
//! - [`paragraphs`]: lines to paragraphs

mod gutters;
mod order;
mod paragraphs;
mod repeated;
mod rows;
mod table;

use order::Zone;
use paragraphs::Measures;
pub(crate) use paragraphs::{Paragraph, Text};

use super::page::{Line, Page};

/// A part of a document, in the order in which it is read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    /// A paragraph or heading.
    Paragraph(Paragraph),
    /// A table.
    Table(Table),
}

impl Block {
    /// Returns the number of paragraphs and cells with letters or digits.
    pub(crate) fn units(&self) -> usize {
        let has_words = |text: &Text| text.text.contains(char::is_alphanumeric);
        match self {
            Self::Paragraph(paragraph) => usize::from(has_words(&paragraph.text)),
            Self::Table(table) => {
                let cells = table.rows.iter().flatten();
                cells.filter(|cell| has_words(cell)).count()
            }
        }
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// The rows, each with the same number of cells.
    pub(crate) rows: Vec<Vec<Text>>,
    /// Widths of the columns.
    pub(crate) widths: Vec<f32>,
}

/// The text of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout {
    /// The parts of each page. What goes on from one page to the next is on the first.
    pub(crate) pages: Vec<Vec<Block>>,
}

impl Layout {
    /// Returns the text of these pages.
    pub(crate) fn new(mut pages: Vec<Page>) -> Self {
        let measures = Measures::of(&pages);
        repeated::remove_repeated(&mut pages);
        let mut layout = Self {
            pages: Vec::with_capacity(pages.len()),
        };
        for page in pages {
            layout.pages.push(Vec::new());
            for zone in order::zones(page.lines) {
                layout.push(zone, &measures, page.is_recognised);
            }
        }
        layout
    }

    fn push(&mut self, zone: Zone, measures: &Measures, is_recognised: bool) {
        let mut blocks = match zone {
            Zone::Column(column) => paragraphs::paragraphs(&column, measures, is_recognised)
                .into_iter()
                .map(Block::Paragraph)
                .collect(),
            Zone::Table(table) => {
                let row = |row: Vec<Vec<Line>>| {
                    row.iter()
                        .map(|cell| paragraphs::text(cell, measures))
                        .collect()
                };
                vec![Block::Table(Table {
                    rows: table.rows.into_iter().map(row).collect(),
                    widths: table.widths,
                })]
            }
        };
        let last = self
            .pages
            .iter_mut()
            .rev()
            .find_map(|blocks| blocks.last_mut());
        if let (Some(Block::Paragraph(last)), Some(Block::Paragraph(next))) = (last, blocks.first())
            && goes_on(last, next)
        {
            last.text.extend(&next.text, measures);
            blocks.remove(0);
        }
        if let Some(page) = self.pages.last_mut() {
            page.extend(blocks);
        }
    }
}

/// Returns whether a paragraph goes on in the next column or on the next page.
fn goes_on(last: &Paragraph, next: &Paragraph) -> bool {
    let same_size = (last.size - next.size).abs() < 0.12 * last.size;
    same_size
        && next.text.text.starts_with(char::is_lowercase)
        && !last.text.text.ends_with(['.', '!', '?', ':', ';', '…'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::page::{Area, Word};

    /// Returns a page drawn with characters, each 5 wide, in lines 12 apart of a font 10 high.
    fn page(drawing: &str) -> Page {
        let lines = drawing.lines().enumerate().filter_map(|(row, line)| {
            let mut words = Vec::new();
            let mut column = 0_u16;
            for word in line.split(' ') {
                let width = u16::try_from(word.chars().count()).expect("a short word");
                let left = 5.0 * f32::from(column);
                let top = 12.0 * f32::from(u16::try_from(row).expect("a short page"));
                let area = Area {
                    left,
                    top,
                    right: left + 5.0 * f32::from(width),
                    bottom: top + 10.0,
                };
                words.extend(Word::new(word, area, word.contains('?')));
                column += width + 1;
            }
            Line::new(words)
        });
        Page {
            width: 500.0,
            height: 800.0,
            lines: lines.collect(),
            is_recognised: false,
        }
    }

    fn shown(pages: Vec<Page>) -> Vec<String> {
        let block = |block: Block| match block {
            Block::Paragraph(it) if it.level > 0 => {
                vec![format!("{} {}", "#".repeat(it.level.into()), it.text.text)]
            }
            Block::Paragraph(it) => vec![it.text.text],
            Block::Table(it) => {
                let row = |row: &Vec<Text>| {
                    let cells: Vec<&str> = row.iter().map(|cell| &*cell.text).collect();
                    cells.join(" | ")
                };
                it.rows.iter().map(row).collect()
            }
        };
        Layout::new(pages)
            .pages
            .into_iter()
            .flatten()
            .flat_map(block)
            .collect()
    }

    #[track_caller]
    fn check(drawing: &str, expected: &[&str]) {
        assert_eq!(shown(vec![page(drawing)]), expected);
    }

    #[test]
    fn an_address_beside_other_data_and_a_text_under_them() {
        check(
            "\
Olena Kovalenko                          Datum:      3. Mai 2026
Kurt-Eisner-Straße 112                   Zeichen:    AB-12
04275 Leipzig                            Telefon:    0341 1234
c/o Familie Müller


Kündigung Ihrer Wohnung

Sehr geehrte Frau Kovalenko,
hiermit kündigen wir den Mietvertrag vom 1. Januar 2020, den
wir mit Ihnen geschlossen haben, ordentlich und fristgerecht
zum 31. August.
Mit freundlichen Grüßen",
            &[
                "Olena Kovalenko",
                "Kurt-Eisner-Straße 112",
                "04275 Leipzig",
                "c/o Familie Müller",
                "Datum: | 3. Mai 2026",
                "Zeichen: | AB-12",
                "Telefon: | 0341 1234",
                "Kündigung Ihrer Wohnung",
                "Sehr geehrte Frau Kovalenko,",
                "hiermit kündigen wir den Mietvertrag vom 1. Januar 2020, den wir mit Ihnen \
                 geschlossen haben, ordentlich und fristgerecht zum 31. August.",
                "Mit freundlichen Grüßen",
            ],
        );
    }

    #[test]
    fn columns_of_text_are_read_one_after_the_other() {
        check(
            "\
Die Hausordnung gilt für alle, die in dem Haus wohnen, und für Gäste.

Die Treppe ist frei zu halten.    nur am Tage. Zwischen zehn und
Wer sie zustellt, gefährdet die   sechs Uhr ist Ruhe. Wer feiern
anderen, wenn es einmal brennt.   will, fragt vorher die anderen.

Gewaschen wird im Keller, und     Die Räder stehen im Hof, nicht
zwar nach dem Plan, der dort an   im Flur. Der Schlüssel für das
der Wand hängt, und überhaupt     Tor hängt beim Hausmeister.
Fragen beantwortet die Verwaltung, die in der Stadtmitte zu finden ist.",
            &[
                "Die Hausordnung gilt für alle, die in dem Haus wohnen, und für Gäste.",
                "Die Treppe ist frei zu halten. Wer sie zustellt, gefährdet die anderen, wenn es \
                 einmal brennt.",
                "Gewaschen wird im Keller, und zwar nach dem Plan, der dort an der Wand hängt, und \
                 überhaupt nur am Tage. Zwischen zehn und sechs Uhr ist Ruhe. Wer feiern will, fragt \
                 vorher die anderen.",
                "Die Räder stehen im Hof, nicht im Flur. Der Schlüssel für das Tor hängt beim \
                 Hausmeister.",
                "Fragen beantwortet die Verwaltung, die in der Stadtmitte zu finden ist.",
            ],
        );
    }

    #[test]
    fn aligned_numbers_are_a_table() {
        check(
            "\
Die Kosten setzen sich so zusammen, wie es hier in der Liste steht:

Position                          Anteil         Betrag
Heizung und warmes Wasser           60 %   CHF 1'200.50
Müllabfuhr, Straßenreinigung
und Winterdienst                    30 %     CHF 600.25
Summe                              100 %   CHF 1'800.75

Bitte überweisen Sie den Betrag innerhalb von vierzehn Tagen an uns.",
            &[
                "Die Kosten setzen sich so zusammen, wie es hier in der Liste steht:",
                "Position | Anteil | Betrag",
                "Heizung und warmes Wasser | 60 % | CHF 1'200.50",
                "Müllabfuhr, Straßenreinigung und Winterdienst | 30 % | CHF 600.25",
                "Summe | 100 % | CHF 1'800.75",
                "Bitte überweisen Sie den Betrag innerhalb von vierzehn Tagen an uns.",
            ],
        );
    }

    #[test]
    fn items_start_with_their_marks() {
        check(
            "\
Bitte bringen Sie zu dem Termin in unserem Hause folgende Unterlagen mit:
•    den Mietvertrag, und zwar im Original, nicht als Kopie, und alle
     Nachträge
•    den Ausweis
1.   die Abrechnung vom 3. März, in welcher der Betrag steht, über den
     3. Mai hinaus
2.   den Bescheid",
            &[
                "Bitte bringen Sie zu dem Termin in unserem Hause folgende Unterlagen mit:",
                "• den Mietvertrag, und zwar im Original, nicht als Kopie, und alle Nachträge",
                "• den Ausweis",
                "1. die Abrechnung vom 3. März, in welcher der Betrag steht, über den 3. Mai hinaus",
                "2. den Bescheid",
            ],
        );
    }

    #[test]
    fn words_are_whole_again() {
        for (lines, expected) in [
            (
                "wir haben Ihre Kran-\nkenkasse gefragt.",
                "wir haben Ihre Krankenkasse gefragt.",
            ),
            (
                "wir haben Ihre E-Mail-\nAdresse erhalten.",
                "wir haben Ihre E-Mail-Adresse erhalten.",
            ),
            (
                "wir verwalten Haus-\nund Grundbesitz.",
                "wir verwalten Haus- und Grundbesitz.",
            ),
            (
                "wir zahlen die CO2-\nAbgabe nicht.",
                "wir zahlen die CO2-Abgabe nicht.",
            ),
            (
                "das ist Frau Müller-\nKovalenko.",
                "das ist Frau Müller-Kovalenko.",
            ),
            (
                "das ist kein Kran\u{ad}\nkenhaus.",
                "das ist kein Krankenhaus.",
            ),
            (
                "in der S-Bahn- und S-\nBahn fahren.",
                "in der S-Bahn- und S-Bahn fahren.",
            ),
            (
                "die know-how, know-\nhow geben.",
                "die know-how, know-how geben.",
            ),
        ] {
            check(lines, &[expected]);
        }
    }

    #[test]
    fn uncertain_words_keep_their_place() {
        let layout = Layout::new(vec![page("der Ver-\ntr?g von h?ute gilt")]);
        let [Block::Paragraph(paragraph)] = &layout.pages[0][..] else {
            panic!("{layout:?}");
        };
        let text = &paragraph.text;
        assert_eq!(text.text, "der Vertr?g von h?ute gilt");
        let doubtful: Vec<&str> = text
            .doubtful
            .iter()
            .map(|it| &text.text[it.clone()])
            .collect();
        assert_eq!(doubtful, ["Vertr?g", "h?ute"]);
    }

    #[test]
    fn headers_and_page_numbers_are_read_once() {
        let page = |number: usize, text: &str| {
            let mut drawing =
                format!("Hausverwaltung Sonne                      Seite {number} von 3\n\n\n");
            drawing.push_str(&"\n".repeat(20));
            drawing.push_str(text);
            page(&drawing)
        };
        let pages = vec![
            page(1, "Der Vertrag beginnt am ersten Januar und wird auf eine"),
            page(2, "unbestimmte Zeit geschlossen."),
            page(3, "Die Miete beträgt 500 Euro."),
        ];
        assert_eq!(
            shown(pages),
            [
                "Hausverwaltung Sonne",
                "Seite 1 von 3",
                "Der Vertrag beginnt am ersten Januar und wird auf eine unbestimmte Zeit geschlossen.",
                "Die Miete beträgt 500 Euro.",
            ]
        );
    }

    #[test]
    fn large_letters_are_headings() {
        let mut page = page("Mietvertrag\n\n\n\nDie Wohnung wird zum Wohnen vermietet.");
        let heading = page.lines.remove(0).into_words();
        let heading = heading.into_iter().map(|mut word| {
            word.area.bottom += 8.0;
            word
        });
        page.lines.extend(Line::new(heading.collect()));
        assert_eq!(
            shown(vec![page]),
            ["# Mietvertrag", "Die Wohnung wird zum Wohnen vermietet."]
        );
    }

    #[test]
    fn a_hostile_page_ends() {
        // A staircase, in which every column holds columns.
        let steps = (0..2000_u16).map(|step| {
            let (left, top) = (f32::from(step) * 7.0, f32::from(step % 50));
            let area = Area {
                left,
                top,
                right: left + 5.0,
                bottom: top + 5.0,
            };
            Line::new(vec![Word::new("x", area, false).expect("a word")]).expect("a line")
        });
        let lines: Vec<Line> = steps.collect();
        let page = Page {
            width: f32::NAN,
            height: 0.0,
            lines,
            is_recognised: true,
        };
        let words: usize = shown(vec![page])
            .iter()
            .map(|line| line.matches('x').count())
            .sum();
        assert_eq!(words, 2000);
    }
}
