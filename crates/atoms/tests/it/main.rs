//! Tests of the public interface.

mod comparing;
mod finding;
mod long;
mod properties;
mod styling;
