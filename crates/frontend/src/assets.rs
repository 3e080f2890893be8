//! Style sheet, script and icon, compiled into the program. The URL of each changes with its
//! content, so that browsers cache it for ever and never use an old version.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::error::Error;

/// The style sheet of all pages.
pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "app.css",
        "text/css; charset=utf-8",
        include_str!("../assets/app.css"),
    )
});

/// The script of all pages.
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "app.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/app.js"),
    )
});

/// The icon of the browser's tab.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "favicon.svg",
        "image/svg+xml",
        include_str!("../assets/favicon.svg"),
    )
});

/// A file compiled into the program.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Path of its URL: `/assets/{fingerprint}/{name}`.
    pub(crate) url: String,
    content_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(name: &str, content_type: &'static str, content: &'static str) -> Self {
        let url = format!("/assets/{:016x}/{name}", fingerprint(content.as_bytes()));
        Self {
            url,
            content_type,
            content,
        }
    }
}

/// Returns the 64-bit FNV-1a hash (<http://www.isthe.com/chongo/tech/comp/fnv/>) of `content`. It
/// distinguishes versions of our own files and need not resist an attacker.
fn fingerprint(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `GET /assets/{fingerprint}/{name}`.
pub(crate) async fn serve(Path((fingerprint, name)): Path<(String, String)>) -> Response {
    let url = format!("/assets/{fingerprint}/{name}");
    let asset = [&STYLE, &SCRIPT, &ICON]
        .into_iter()
        .find(|asset| asset.url == url);
    let Some(asset) = asset else {
        return Error::NotFound.into_response();
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(asset.content_type),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    (headers, asset.content).into_response()
}

/// `GET /favicon.ico`, which browsers request if no page names an icon.
pub(crate) async fn favicon() -> Redirect {
    Redirect::temporary(&ICON.url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_fnv_1a() {
        // Test vector of the reference implementation.
        assert_eq!(fingerprint(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
