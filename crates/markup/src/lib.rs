//! Inline markup carried over from a text to its translation: bold words, links, footnote marks.
//!
//! The model translates plain text; the alignment of words says where each mark belongs in the
//! translation. Knows no model and no HTTP.
//!
//! | module | contents |
//! |---|---|
//! | `segment` | a line of text with its marks and points, before and after the translation |
//! | `builder` | a segment from a stream of text and tags |
//! | `words` | words of a text; function words |
//! | `alignment` | links between words, read as the words that a range becomes |
//! | `tree` | the marks of a segment, nested |
//! | `placement` | a place in the translation for every mark and point |
//! | `pieces` | text, marks and points in writing order |
//! | `project` | all of it together: the marks of a source put into its translation |
//! | `tokens` | HTML and XML as tokens that are slices of the source |
//! | `entities` | character references and escaping |
//! | `unit` | a run of text and inline tags as a segment, and back to bytes |
//! | `walk` | HTML and XML as units, spliced with their translations |
//! | `html`, `xml` | which elements split a text, and which are not translated |
//! | `page` | language and encoding of a whole HTML document |

mod alignment;
mod builder;
mod entities;
mod html;
mod page;
mod pieces;
mod placement;
mod project;
mod segment;
mod tokens;
mod tree;
mod unit;
mod walk;
mod words;
mod xml;

pub use builder::Builder;
pub use html::{html, xhtml};
pub use page::declare_english;
pub use project::project;
pub use segment::{Link, Mark, MarkKind, Marked, Piece, Point, Segment};
pub use xml::{XmlError, XmlRules, xml};
