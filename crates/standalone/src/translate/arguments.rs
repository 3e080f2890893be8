//! Arguments of the command.

use std::path::PathBuf;

use backend::config::ModelConfig;
use clap::Args;

/// Name of a file that stands for standard input or output.
pub(super) const STANDARD: &str = "-";

/// Arguments of the command. The size of a text is not limited, because a person who starts the
/// program may use the memory of the machine.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// File to translate: text, Markdown, HTML, Word, PowerPoint, Excel, LibreOffice Writer, EPUB,
    /// CSV, SRT, WebVTT, PDF, or a photo or scan as JPEG, PNG, WebP or TIFF; `-` for text from
    /// standard input.
    pub(super) file: PathBuf,

    /// File for the translation. By default, plain text goes to standard output (`-`), and the
    /// translation of `letter.docx` to `letter.en.docx`. PDFs, photos and scans become Word files,
    /// or web pages if this is a name with `.html`.
    #[arg(short, long)]
    pub(super) output: Option<PathBuf>,

    /// The lines of each paragraph of a text were wrapped at a fixed width, so that a sentence may
    /// span several of them.
    #[arg(long)]
    pub(super) wrapped: bool,

    #[command(flatten)]
    pub(super) model: ModelConfig,
}
