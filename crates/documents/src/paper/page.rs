//! A page as words with boxes, which is what both a PDF and text recognition give.

use unicode_normalization::UnicodeNormalization as _;

/// A box on a page. Distances are from the upper left corner of the page, in a unit of the page's
/// own: all rules compare them with the height of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    /// Distance of the left edge from the left.
    pub(crate) left: f32,
    /// Distance of the upper edge from the top.
    pub(crate) top: f32,
    /// Distance of the right edge from the left.
    pub(crate) right: f32,
    /// Distance of the lower edge from the top.
    pub(crate) bottom: f32,
}

impl Area {
    /// Returns the smallest box around both.
    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Returns the height of the middle of the box.
    pub(crate) fn middle(self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    /// Returns the width of the box.
    pub(crate) fn width(self) -> f32 {
        self.right - self.left
    }

    /// Returns the height of the box.
    pub(crate) fn height(self) -> f32 {
        self.bottom - self.top
    }

    /// Returns the box in another unit, which is `scale` times smaller.
    pub(crate) fn scaled(self, scale: f32) -> Self {
        Self {
            left: self.left * scale,
            top: self.top * scale,
            right: self.right * scale,
            bottom: self.bottom * scale,
        }
    }

    /// Returns whether the middle of `other` is in this box.
    pub(crate) fn contains_middle(self, other: Self) -> bool {
        let across = f32::midpoint(other.left, other.right);
        (self.left..self.right).contains(&across)
            && (self.top..self.bottom).contains(&other.middle())
    }

    /// Returns whether some vertical line goes through both.
    pub(crate) fn overlaps_horizontally(self, other: Self) -> bool {
        self.left < other.right && other.left < self.right
    }
}

/// A word, between spaces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// The word with its punctuation, never empty.
    pub(crate) text: String,
    /// Its place.
    pub(crate) area: Area,
    /// Whether text recognition is not sure of it.
    pub(crate) is_doubtful: bool,
}

impl Word {
    /// Returns a word with its umlauts composed and its ligatures as letters, or `None` if nothing is
    /// visible of it.
    pub(crate) fn new(text: &str, area: Area, is_doubtful: bool) -> Option<Self> {
        let is_on_page = [area.left, area.top, area.right, area.bottom]
            .iter()
            .all(|edge| edge.is_finite());
        let last = text.trim_end().chars().next_back();
        let mut letters = String::with_capacity(text.len());
        for c in text.trim().chars() {
            match c {
                '\u{fb00}' => letters.push_str("ff"),
                '\u{fb01}' => letters.push_str("fi"),
                '\u{fb02}' => letters.push_str("fl"),
                '\u{fb03}' => letters.push_str("ffi"),
                '\u{fb04}' => letters.push_str("ffl"),
                '\u{fb05}' | '\u{fb06}' => letters.push_str("st"),
                // The bullets of the fonts Symbol and Wingdings.
                '\u{f0a7}' | '\u{f0b7}' => letters.push('•'),
                '\u{ad}' | '\u{fffe}' | '\u{ffff}' | '\u{feff}' | '\u{200b}' => {}
                c if c.is_control() => {}
                c if c.is_whitespace() => letters.push(' '),
                c => letters.push(c),
            }
        }
        // At the end of a line it is a hyphen, elsewhere it is invisible.
        if last == Some('\u{ad}') {
            letters.push('\u{ad}');
        }
        let text: String = letters.nfc().collect();
        let is_visible = text.contains(|c: char| c != ' ' && c != '\u{ad}');
        (is_visible && is_on_page).then_some(Self {
            text,
            area,
            is_doubtful,
        })
    }

    /// Returns the height of the word's font.
    fn size(&self) -> f32 {
        let (width, height) = (self.area.width(), self.area.height());
        let is_upright = height > 2.0 * width && self.text.chars().count() > 2;
        if is_upright { width } else { height }
    }
}

/// Words beside each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    words: Vec<Word>,
    area: Area,
    size: f32,
}

impl Line {
    /// Returns a line of these words, in the order in which they are read, or `None` if there are none.
    pub(crate) fn new(words: Vec<Word>) -> Option<Self> {
        let area = words.iter().map(|word| word.area).reduce(Area::union)?;
        let mut sizes: Vec<f32> = words.iter().map(Word::size).collect();
        sizes.sort_by(f32::total_cmp);
        // Of a recognised line, short words may lack letters of full height, and the box of a word
        // beside a ruled line may be too high.
        let size = sizes[sizes.len() * 3 / 4];
        Some(Self { words, area, size })
    }

    /// Returns the words, at least one.
    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    /// Returns the words, at least one.
    pub(crate) fn into_words(self) -> Vec<Word> {
        self.words
    }

    /// Returns the box around all words.
    pub(crate) fn area(&self) -> Area {
        self.area
    }

    /// Returns the height of the font.
    pub(crate) fn size(&self) -> f32 {
        self.size
    }

    /// Returns the words with spaces between them.
    pub(crate) fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| &*word.text).collect();
        words.join(" ")
    }
}

/// A page of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Page {
    /// Width of the page.
    pub(crate) width: f32,
    /// Height of the page.
    pub(crate) height: f32,
    /// Its lines, in any order. Two columns may be in one line.
    pub(crate) lines: Vec<Line>,
    /// Whether the words were recognised in a picture, so that the heights of their boxes are those of
    /// their letters rather than of their font.
    pub(crate) is_recognised: bool,
}

impl Page {
    /// Returns all words.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Word> {
        self.lines.iter().flat_map(Line::words)
    }
}
