//! The note about a file.

use documents::Report;
use documents::paper::Reading;
use serde::{Deserialize, Serialize};

/// Note about a file that is translated, for its page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Name of the file.
    pub name: String,
    /// Number of pictures, whose text is not translated.
    #[serde(default)]
    pub pictures: usize,
    /// Number of embedded objects, which are kept as they are.
    #[serde(default)]
    pub objects: usize,
    /// Number of tracked changes that were accepted.
    #[serde(default)]
    pub revisions: usize,
    /// Pages of a PDF or picture, once it was read.
    #[serde(default)]
    pub pages: Vec<PageNote>,
    /// Reason why the file cannot be read, or its translation cannot be written.
    #[serde(default)]
    pub problem: Option<String>,
}

/// Note about a page of a PDF or picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageNote {
    /// Number of lines of the text that the page has.
    pub lines: usize,
    /// Number of words of which text recognition is not sure.
    pub doubtful: usize,
    /// Whether there is a picture of the page, because its text was recognised.
    pub has_picture: bool,
    /// Reason to look at the page itself, as a sentence.
    pub warning: Option<String>,
}

impl About {
    /// Adds what was found while the text was extracted.
    pub(super) fn add(&mut self, report: &Report) {
        self.pictures = report.pictures;
        self.objects = report.objects;
        self.revisions = report.revisions;
    }

    /// Adds what was read on the pages.
    pub(super) fn add_pages(&mut self, reading: &Reading) {
        let pages = reading.pages.iter().map(|page| PageNote {
            lines: page.units,
            doubtful: page.doubtful,
            has_picture: page.picture.is_some(),
            warning: page.warning.map(|warning| warning.to_string()),
        });
        self.pages = pages.collect();
    }
}
