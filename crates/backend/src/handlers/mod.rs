//! The handlers, one file a theme.

pub(crate) mod docs;
pub(crate) mod model;
pub(crate) mod probes;
pub(crate) mod root;
pub(crate) mod stream;
pub(crate) mod translate;
