//! Paragraphs made of runs: text of Word, of drawings (slides, charts, diagrams) and of Excel.
//!
//! - `dialect`: the vocabularies of Word, of drawings and of Excel
//! - `properties`: the appearance of a run, without what makes no difference
//! - `fields`: values that are computed, between marks for their start and end

mod dialect;
mod fields;
mod properties;

use crate::Error;
use crate::paragraph::{Item, Paragraph, Range, Style};
use crate::walker::{Content, Step};
use crate::xml::{self, Token, TokenKind};
pub(crate) use dialect::Dialect;
use fields::Fields;
use properties::Properties;

/// Parser of the content of a paragraph that is made of runs.
pub(crate) struct Runs {
    dialect: Dialect,
    /// Prefix of the names of elements, with its colon.
    prefix: String,
    paragraph: Paragraph,
    /// XML before the runs.
    head: String,
    /// XML after the runs.
    tail: String,
    /// Properties of the current run.
    run: Option<Properties>,
    text: Option<Text>,
    fields: Fields,
}

/// Text that is being read.
struct Text {
    /// Whether white space around it is part of it.
    is_preserved: bool,
    text: String,
}

impl Runs {
    /// Starts with the start tag of a paragraph.
    pub(crate) fn new(dialect: Dialect, start: Token<'_>) -> Self {
        Self {
            dialect,
            prefix: start.prefix().to_owned(),
            paragraph: Paragraph::new(xml::push_escaped),
            head: String::new(),
            tail: String::new(),
            run: None,
            text: None,
            fields: Fields::default(),
        }
    }

    /// Takes a start tag outside of runs.
    fn start(&mut self, token: Token<'_>) -> Step {
        match token.local() {
            "r" => self.run = Some(Properties::default()),
            "t" if self.dialect == Dialect::Sheet => self.start_text(token),
            // Words that a program recognised as names or dates, in German.
            "smartTag" | "customXml" => {}
            "hyperlink" | "dir" | "bdo" | "sdt" | "sdtContent" => self.open(token.raw),
            "fldSimple"
                if token
                    .attribute("instr")
                    .is_some_and(|code| fields::shows_text(&code)) =>
            {
                self.open(token.raw);
            }
            _ => return Step::Capture,
        }
        Step::Done
    }

    fn start_text(&mut self, token: Token<'_>) {
        self.text = Some(Text {
            is_preserved: self.dialect == Dialect::Drawing
                || token.attribute("space").as_deref() == Some("preserve"),
            text: String::new(),
        });
    }

    fn end(&mut self, token: Token<'_>) {
        match token.local() {
            "r" => self.run = None,
            "t" => self.end_text(),
            "hyperlink" | "dir" | "bdo" | "sdt" | "sdtContent" | "fldSimple" => {
                let raw = token.raw.to_owned();
                let range = Range::Element;
                self.paragraph.items.push(Item::Close { raw, range });
            }
            _ => {}
        }
    }

    fn open(&mut self, raw: &str) {
        let raw = raw.to_owned();
        let range = Range::Element;
        self.paragraph.items.push(Item::Open { raw, range });
    }

    fn end_text(&mut self) {
        let Some(Text { is_preserved, text }) = self.text.take() else {
            return;
        };
        let text = if is_preserved {
            text.as_str()
        } else {
            text.trim_ascii()
        };
        let is_cell = self.dialect == Dialect::Sheet;
        let is_mark = move |c: char| c == '\t' || (is_cell && c == '\n');
        for line in text.split_inclusive(is_mark) {
            let content = line.strip_suffix(is_mark).unwrap_or(line);
            let mark = &line[content.len()..];
            if !content.is_empty() {
                self.push_text(content);
            }
            if !mark.is_empty() {
                let Style { open, close, .. } = self.style();
                let raw = format!("{open}{mark}{close}");
                let is_line = mark == "\n";
                self.paragraph.items.push(Item::Break { raw, is_line });
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        let style = self.style();
        self.paragraph.push_text(text, style);
    }

    /// Returns the style of text in the current run.
    fn style(&mut self) -> Style {
        let prefix = &self.prefix;
        let space = match self.dialect {
            Dialect::Drawing => "",
            Dialect::Word | Dialect::Sheet => " xml:space=\"preserve\"",
        };
        if let Some(properties) = &self.run {
            let is_raised = properties.is_raised();
            let properties = properties.of_text(self.dialect, prefix);
            return Style {
                is_raised,
                open: format!("<{prefix}r>{properties}<{prefix}t{space}>"),
                close: format!("</{prefix}t></{prefix}r>"),
            };
        }
        // A cell without formatting is one text element, whatever breaks are in it.
        if self.head.is_empty() {
            self.head = format!("<{prefix}t{space}>");
            self.tail.insert_str(0, &format!("</{prefix}t>"));
        }
        Style::default()
    }

    /// Returns an element of the current run as a run of its own.
    fn in_run(&self, raw: &str) -> String {
        let prefix = &self.prefix;
        match &self.run {
            Some(properties) => {
                let properties = properties.of_element(self.dialect, prefix);
                format!("<{prefix}r>{properties}{raw}</{prefix}r>")
            }
            None => raw.to_owned(),
        }
    }

    /// Takes an element outside of runs.
    fn between_runs(&mut self, tag: Token<'_>, raw: String) {
        let local = tag.local();
        match local {
            "pPr" => self.head = raw,
            "endParaRPr" | "phoneticPr" => self.tail.push_str(&raw),
            "r" | "t" | "proofErr" | "smartTagPr" | "customXmlPr" | "rPh" => {}
            "br" => self
                .paragraph
                .items
                .push(Item::Break { raw, is_line: true }),
            "fldSimple" | "fld" => self.paragraph.push_point(raw, true),
            "sdtPr" | "sdtEndPr" => match self.paragraph.items.last_mut() {
                Some(Item::Open { raw: start, .. }) => start.push_str(&raw),
                _ => self.paragraph.push_point(raw, false),
            },
            "bookmarkStart" | "commentRangeStart" | "permStart" => {
                let range = free_range(tag, "Start");
                self.paragraph.items.push(Item::Open { raw, range });
            }
            "bookmarkEnd" | "commentRangeEnd" | "permEnd" => {
                let range = free_range(tag, "End");
                self.paragraph.items.push(Item::Close { raw, range });
            }
            _ => self.paragraph.push_point(raw, false),
        }
    }

    /// Takes an element of a run.
    fn in_current_run(&mut self, tag: Token<'_>, raw: &str) -> Result<(), Error> {
        match tag.local() {
            "rPr" => self.run = Some(Properties::read(self.dialect, raw)?),
            "t" | "lastRenderedPageBreak" | "softHyphen" | "delText" | "delInstrText" => {}
            "noBreakHyphen" => self.push_text("-"),
            "tab" | "ptab" => self.push_break(raw, false),
            "cr" => self.push_break(raw, true),
            "br" => {
                let kind = tag.attribute("type");
                self.push_break(raw, kind.is_none_or(|kind| kind == "textWrapping"));
            }
            "fldChar" => {
                let raw = self.in_run(raw);
                let kind = tag.attribute("fldCharType");
                self.fields.mark(kind.as_deref(), raw, &mut self.paragraph);
            }
            "instrText" => {
                self.fields.code(raw)?;
                self.paragraph.push_point(self.in_run(raw), false);
            }
            "commentReference" => {
                let raw = self.in_run(raw);
                match self.paragraph.items.last_mut() {
                    // The mark of a comment stays at the end of what it is about.
                    Some(Item::Close {
                        raw: end,
                        range: Range::Free(_),
                    }) => end.push_str(&raw),
                    _ => self.paragraph.push_point(raw, false),
                }
            }
            _ => self.paragraph.push_point(self.in_run(raw), false),
        }
        Ok(())
    }

    fn push_break(&mut self, raw: &str, is_line: bool) {
        let raw = self.in_run(raw);
        self.paragraph.items.push(Item::Break { raw, is_line });
    }
}

impl Content for Runs {
    fn token(&mut self, token: Token<'_>) -> Result<Step, Error> {
        let is_in_text = self.text.is_some();
        match token.kind {
            TokenKind::Start if is_in_text => return Ok(Step::Capture),
            TokenKind::Start if self.run.is_none() => return Ok(self.start(token)),
            TokenKind::Start if token.local() == "t" => self.start_text(token),
            TokenKind::Start | TokenKind::Empty => return Ok(Step::Capture),
            TokenKind::End => self.end(token),
            TokenKind::Text | TokenKind::Reference | TokenKind::CData | TokenKind::Other => {
                if let Some(text) = &mut self.text {
                    text.text.push_str(&token.text()?);
                }
            }
        }
        Ok(Step::Done)
    }

    fn element(&mut self, raw: String) -> Result<(), Error> {
        let start = xml::first_tag(&raw).raw.to_owned();
        let tag = xml::first_tag(&start);
        if self.text.is_some() {
            // No element belongs in text.
        } else if self.run.is_some() {
            self.in_current_run(tag, &raw)?;
        } else {
            self.between_runs(tag, raw);
        }
        Ok(())
    }

    fn finish(self) -> (String, Paragraph, String) {
        (self.head, self.paragraph, self.tail)
    }
}

fn free_range(tag: Token<'_>, suffix: &str) -> Range {
    let kind = tag.local().trim_end_matches(suffix);
    let id = tag.attribute("id").unwrap_or_default();
    Range::Free(format!("{kind} {id}"))
}
