//! The program that recognises text in pictures.

use std::{
    io::{BufWriter, Write as _},
    time::Duration,
};

use image::GrayImage;

use crate::{
    Error,
    paper::{
        cage::{Cage, Program},
        page::{Area, Word},
    },
};

const TESSERACT: Program = Program {
    name: "tesseract",
    missing: MISSING,
};

/// Advice for people who lack the program or its German.
const MISSING: &str = "Photos and scans are read with tesseract, which is not installed here: \
                       apt-get install tesseract-ocr tesseract-ocr-deu";

/// Time for a page. A page of 400 words takes 4 s on a slow core.
const LIMIT: Duration = Duration::from_secs(20);

/// Confidence in percent under which a word counts as uncertain.
const DOUBTFUL: f32 = 60.0;

/// Minimum confidence of the direction of a page, in tesseract's own unit. Upright pages have 5 to 20.
const MIN_TURN_CONFIDENCE: f32 = 2.0;

/// Text recognition, installed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tesseract<'a> {
    cage: Cage<'a>,
}

impl<'a> Tesseract<'a> {
    /// Returns the program that runs in `cage`.
    ///
    /// # Errors
    /// Returns [`Error::Unsupported`] if it or its German is not installed.
    pub(crate) fn new(cage: Cage<'a>) -> Result<Self, Error> {
        let mut command = cage.command(&TESSERACT, LIMIT)?;
        command.arg("--list-langs");
        let languages = cage.run(command)?.text()?.unwrap_or_default();
        if languages.lines().any(|language| language == "deu") {
            Ok(Self { cage })
        } else {
            Err(Error::Unsupported(MISSING))
        }
    }

    /// Returns the clockwise turn in degrees after which a page is upright: 0, 90, 180 or 270.
    ///
    /// # Errors
    /// Returns an error if the program cannot be started.
    pub(crate) fn turn(&self, page: &GrayImage) -> Result<u32, Error> {
        let output = self.run(page, &["--psm", "0"])?.unwrap_or_default();
        Ok(turn(&output))
    }

    /// Returns the words of an upright page by lines, or `None` if the program fails or takes too long.
    ///
    /// # Errors
    /// Returns an error if the program cannot be started.
    pub(crate) fn lines(&self, page: &GrayImage) -> Result<Option<Vec<Vec<Word>>>, Error> {
        // Sauvola's threshold instead of one for the whole page, which loses what is in a shade.
        let arguments = [
            "-l",
            "deu",
            "--psm",
            "3",
            "-c",
            "thresholding_method=2",
            "tsv",
        ];
        Ok(self.run(page, &arguments)?.map(|output| lines(&output)))
    }

    fn run(&self, page: &GrayImage, arguments: &[&str]) -> Result<Option<String>, Error> {
        let file = tempfile::Builder::new()
            .suffix(".pgm")
            .tempfile_in(self.cage.folder)?;
        let mut writer = BufWriter::new(&file);
        write!(writer, "P5\n{} {}\n255\n", page.width(), page.height())?;
        writer.write_all(page.as_raw())?;
        writer.flush()?;
        let mut command = self.cage.command(&TESSERACT, LIMIT)?;
        command.arg(file.path()).arg("stdout");
        command.args(["--dpi", "300"]).args(arguments);
        Ok(self.cage.run(command)?.text()?)
    }
}

/// Reads the direction of a page.
fn turn(output: &str) -> u32 {
    let value = |name| {
        let line = output.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse::<f32>().ok())
    };
    let confidence = value("Orientation confidence:").unwrap_or(0.0);
    let is_sure = confidence >= MIN_TURN_CONFIDENCE;
    let turns = [90, 180, 270];
    let turn = value("Rotate:").filter(|_| is_sure);
    turns
        .into_iter()
        .find(|turns| turn == Some(*turns as f32))
        .unwrap_or(0)
}

/// Reads the words of a page, in tab-separated values with a row for each block, paragraph, line and
/// word.
fn lines(output: &str) -> Vec<Vec<Word>> {
    let mut lines: Vec<Vec<Word>> = Vec::new();
    for row in output.lines() {
        let fields: Vec<&str> = row.splitn(12, '\t').collect();
        let [
            level,
            _,
            _,
            _,
            _,
            _,
            left,
            top,
            width,
            height,
            confidence,
            text,
        ] = fields[..]
        else {
            continue;
        };
        match level {
            "4" => lines.push(Vec::new()),
            "5" => {
                let number = |field: &str| field.parse().unwrap_or(f32::NAN);
                let (left, top) = (number(left), number(top));
                let area = Area {
                    left,
                    top,
                    right: left + number(width),
                    bottom: top + number(height),
                };
                let is_doubtful = number(confidence) < DOUBTFUL;
                // Specks and ruled lines are recognised as dashes and bars.
                let is_speck = is_doubtful && !text.contains(char::is_alphanumeric);
                let word = Word::new(text, area, is_doubtful).filter(|_| !is_speck);
                if let Some(line) = lines.last_mut() {
                    line.extend(word);
                }
            }
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_by_lines() {
        let output = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
             1\t1\t0\t0\t0\t0\t0\t0\t2480\t3508\t-1\t\n\
             4\t1\t1\t1\t1\t0\t296\t300\t400\t40\t-1\t\n\
             5\t1\t1\t1\t1\t1\t296\t300\t120\t40\t96.063751\tHausver-\n\
             5\t1\t1\t1\t1\t2\t430\t300\t4\t40\t12\t|\n\
             4\t1\t1\t1\t2\t0\t296\t350\t400\t40\t-1\t\n\
             5\t1\t1\t1\t2\t1\t296\t350\t130\t40\t59.9\twaltun9\n\
             5\t1\t1\t1\t2\t2\t430\t350\t10\t40\t91\t–\n\
             5\t1\t1\t1\t2\t3\t450\t350\t10\t40\t95\t \n\
             5\t1\t1\t1\t2\t";
        let lines = lines(output);
        let texts: Vec<Vec<(&str, bool)>> = lines
            .iter()
            .map(|line| {
                line.iter()
                    .map(|word| (&*word.text, word.is_doubtful))
                    .collect()
            })
            .collect();
        assert_eq!(
            texts,
            [
                vec![("Hausver-", false)],
                vec![("waltun9", true), ("–", false)]
            ]
        );
        let area = Area {
            left: 296.0,
            top: 300.0,
            right: 416.0,
            bottom: 340.0,
        };
        assert_eq!(lines[0][0].area, area);
    }

    #[test]
    fn a_page_is_turned_if_its_direction_is_sure() {
        let output = |degrees, confidence| {
            format!(
                "Page number: 0\nOrientation in degrees: 90\nRotate: {degrees}\n\
                 Orientation confidence: {confidence}\nScript: Latin\nScript confidence: 3.33\n"
            )
        };
        assert_eq!(turn(&output("270", "9.52")), 270);
        assert_eq!(turn(&output("180", "2.0")), 180);
        assert_eq!(turn(&output("180", "0.4")), 0);
        assert_eq!(turn(&output("45", "9.52")), 0);
        assert_eq!(turn(""), 0);
    }
}
