//! The address of this server.

use axum::http::HeaderMap;

/// Returns the address at which a client reaches this server, as far as its request tells. Behind a
/// proxy that terminates TLS, only its header tells the scheme.
pub(crate) fn address(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = match text("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    // It is shown in commands for shells, and no server's name or number has other characters.
    let is_plain = |host: &&str| {
        host.chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c))
    };
    let host = text("host").filter(is_plain);
    format!("{scheme}://{}", host.unwrap_or("localhost:5000"))
}
