//! PowerPoint: paragraphs of slides, their charts, diagrams and notes.

#[cfg(test)]
mod tests;

use crate::archive::Archive;
use crate::package::{self, Part};
use crate::session;
use crate::xml;
use crate::{Error, Input, Output, Report, Unit};

/// Kinds of parts with text that a slide refers to, in the order of reading.
const PARTS: [&str; 4] = ["chart", "diagramData", "diagramDrawing", "notesSlide"];

/// Walks through a presentation.
pub(crate) fn walk(
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
) -> Result<Report, Error> {
    let mut archive = Archive::open(input)?;
    let mut parts = parts(&mut archive)?;
    parts.extend(package::title_part(&mut archive)?.map(|title| (title, Part::Title)));
    let mut report = session::walk(
        &mut archive,
        parts,
        output,
        unit,
        |part, source, out, session| match part {
            Part::Title => package::walk_title(source, out, session),
            Part::Main | Part::Drawing => package::walk_drawing(source, out, session),
        },
    )?;
    package::count_media(&archive, &mut report);
    Ok(report)
}

/// Returns the names of the slides, in their order, each with the parts that it refers to.
fn parts(archive: &mut Archive<'_>) -> Result<Vec<(String, Part)>, Error> {
    let main = package::main_part(archive)?;
    let relationships = package::relationships(archive, &main)?;
    let mut slides = Vec::new();
    xml::for_each(&archive.read(&main)?.unwrap_or_default(), |token| {
        // The other `id` of a slide has no prefix.
        if token.starts("sldId")
            && let Some((_, id)) = token.attributes().find(|(name, _)| name.ends_with(":id"))
        {
            let is_slide = |relationship: &&package::Relationship| relationship.id == id;
            slides.extend(
                relationships
                    .iter()
                    .find(is_slide)
                    .map(|slide| slide.target.clone()),
            );
        }
        Ok(())
    })?;
    let mut parts = Vec::new();
    for slide in slides {
        let relationships = package::relationships(archive, &slide)?;
        parts.push((slide, Part::Main));
        for kind in PARTS {
            let of_kind = relationships
                .iter()
                .filter(|relationship| relationship.kind == kind);
            parts.extend(of_kind.map(|relationship| (relationship.target.clone(), Part::Drawing)));
        }
    }
    Ok(parts)
}
