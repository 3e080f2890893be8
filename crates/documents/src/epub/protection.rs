//! Copy protection of books.

use crate::{Error, archive::Archive, xml};

/// Part that lists the encrypted parts.
const ENCRYPTION: &str = "META-INF/encryption.xml";
/// Parts that a copy protection leaves, with the reason for which the book is refused.
const PROTECTIONS: [(&str, &str); 3] = [
    ("META-INF/license.lcpl", "it has the copy protection LCP"),
    ("META-INF/sinf.xml", "it has the copy protection of Apple"),
    ("META-INF/rights.xml", "it has the copy protection of Adobe"),
];
/// Ways of making fonts unusable outside of the book, which are no obstacle.
const FONT_OBFUSCATIONS: [&str; 2] = [
    "http://www.idpf.org/2008/embedding",
    "http://ns.adobe.com/pdf/enc#RC",
];

/// Checks that no part is encrypted, except for fonts.
pub(super) fn check(archive: &mut Archive<'_>) -> Result<(), Error> {
    let Some(encryption) = archive.read(ENCRYPTION)? else {
        return Ok(());
    };
    let mut is_encrypted = false;
    let mut is_part = false;
    xml::for_each(&encryption, |token| {
        // Keys are encrypted too; their algorithms say nothing about parts.
        if token.local() == "EncryptedData" {
            is_part = token.starts("EncryptedData");
        }
        if is_part && token.starts("EncryptionMethod") {
            let algorithm = token.attribute("Algorithm").unwrap_or_default();
            is_encrypted |= !FONT_OBFUSCATIONS.contains(&algorithm.as_str());
        }
        Ok(())
    })?;
    if !is_encrypted {
        return Ok(());
    }
    let found = PROTECTIONS.iter().find(|(part, _)| archive.contains(part));
    Err(Error::Protected(
        found.map_or("it has a copy protection", |(_, reason)| reason),
    ))
}
