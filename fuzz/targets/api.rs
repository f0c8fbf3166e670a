//! A line with an operation, or with a method and a path; then a body.
#![no_main]

#[path = "../../shared/api/tests/http/bodies.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod bodies;
#[path = "../../shared/api/tests/http/support.rs"]
#[allow(dead_code, reason = "each target has a body of its own")]
mod support;

use axum::body::Body;
use http::Request;

thread_local! {
    static WORLD: bodies::World = bodies::World::new().expect("a world");
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (line, body) = (String::from_utf8_lossy(&data[..end]), data.get(end + 1..).unwrap_or_default().to_vec());
    let request = match line.split_once(' ') {
        Some((method, path)) => Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(body)),
        None => Request::post("/")
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{line}"))
            .body(Body::from(body)),
    };
    // Not every text is a header or a path.
    if let Ok(request) = request {
        WORLD.with(|world| world.check(request));
    }
});
