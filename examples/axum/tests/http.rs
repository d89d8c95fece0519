//! The service over HTTP, on a real server, with many users at once.
#![allow(missing_docs)]

use std::thread;

use audit_test_server::Database;
use axum_example::Service;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use ureq::Agent;
use ureq::Body;
use ureq::http::Response;

/// A service on a port of its own.
struct Served {
    address: String,
    _runtime: Runtime,
    _database: Database,
}

fn serve() -> Served {
    let database = audit_test_server::database();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = runtime.block_on(async {
        let service = Service::start(database.url()).await.expect("it starts");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, service.routes()).await });
        address
    });
    Served {
        address: format!("http://{listener}"),
        _runtime: runtime,
        _database: database,
    }
}

impl Served {
    /// Sends a document, or nothing, with these headers.
    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        document: Option<Value>,
    ) -> Response<Body> {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = document.map(|d| d.to_string()).unwrap_or_default();
        agent
            .run(request.body(body).expect("a request"))
            .expect("an answer")
    }

    fn history(&self, id: i64) -> Vec<Value> {
        let mut response = self.send("GET", &format!("/documents/{id}/history.json"), &[], None);
        assert_eq!(response.status(), 200);
        let text = response.body_mut().read_to_string().expect("a text");
        serde_json::from_str(&text).expect("a list")
    }
}

fn document(title: &str, body: &str) -> Option<Value> {
    Some(json!({ "title": title, "body": body }))
}

/// Each user creates, changes and removes documents of their own, whose texts
/// say whose they are and in which request they were written.
#[test]
fn many_users_at_once_are_never_mistaken_for_each_other() {
    const USERS: usize = 12;
    const ROUNDS: usize = 6;
    let served = serve();
    let ids: Vec<(String, i64)> = thread::scope(|scope| {
        let users = (0..USERS).map(|user| {
            let served = &served;
            scope.spawn(move || {
                let name = format!("user {user}");
                let mut ids = Vec::new();
                for round in 0..ROUNDS {
                    let request = |n: usize| format!("{user}/{round}/{n}");
                    let send = |method: &str, path: &str, n: usize, with_body: bool| {
                        let request = request(n);
                        let headers = [("x-forwarded-user", &*name), ("x-request-id", &*request)];
                        let body = with_body.then(|| document(&name, &request)).flatten();
                        let response = served.send(method, path, &headers, body);
                        assert_eq!(response.headers()["x-request-id"], *request);
                        response
                    };
                    let mut created = send("POST", "/documents", 0, true);
                    assert_eq!(created.status(), 201);
                    let text = created.body_mut().read_to_string().expect("a text");
                    let created: Value = serde_json::from_str(&text).expect("a document");
                    let id = created["id"].as_i64().expect("an id");
                    let path = format!("/documents/{id}");
                    assert_eq!(send("PUT", &path, 1, true).status(), 200);
                    assert_eq!(send("DELETE", &path, 2, false).status(), 204);
                    ids.push((name.clone(), id));
                }
                ids
            })
        });
        let users: Vec<_> = users.collect();
        users
            .into_iter()
            .flat_map(|user| user.join().expect("no panic"))
            .collect()
    });
    assert_eq!(ids.len(), USERS * ROUNDS);
    for (user, id) in ids {
        let history = served.history(id);
        let operations: Vec<&str> = history
            .iter()
            .filter_map(|row| row["operation"].as_str())
            .collect();
        assert_eq!(operations, ["insert", "update", "delete"], "{history:?}");
        for (n, row) in history.iter().enumerate() {
            assert_eq!(row["username"], *user, "{row}");
            let request = row["request_id"].as_str().expect("a request");
            assert!(request.ends_with(&format!("/{n}")), "{row}");
            if n < 2 {
                assert_eq!(row["title"], *user, "{row}");
                assert_eq!(row["body"], *request, "{row}");
            }
        }
    }
}

#[test]
fn who_cannot_be_recorded_cannot_write() {
    let served = serve();
    let check = |headers: &[(&str, &str)], status: u16, says: &str| {
        let mut response = served.send("POST", "/documents", headers, document("t", "b"));
        let text = response.body_mut().read_to_string().expect("a text");
        assert_eq!(response.status(), status, "{headers:?}: {text}");
        assert!(text.contains(says), "{headers:?}: {text}");
    };
    check(&[], 401, "x-forwarded-user");
    check(&[("x-forwarded-user", "")], 400, "blank");
    check(&[("x-forwarded-user", "\u{200B}")], 400, "blank");
    check(
        &[("x-forwarded-user", &"a".repeat(1025))],
        400,
        "1025 bytes",
    );
    check(
        &[("x-forwarded-user", "ada"), ("x-request-id", " ")],
        400,
        "`request_id`",
    );
    check(&[("x-forwarded-user", "O'Brien \\ 世界")], 201, "\"id\":1");
    assert_eq!(served.history(1)[0]["username"], "O'Brien \\ 世界");
    assert_eq!(
        served
            .send("GET", "/documents/2/history", &[], None)
            .status(),
        404
    );
}

#[test]
fn a_request_without_an_id_has_its_trace_or_a_new_one() {
    let served = serve();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let traced = [("x-forwarded-user", "ada"), ("traceparent", &*parent)];
    let response = served.send("POST", "/documents", &traced, document("t", "b"));
    assert_eq!(response.headers()["x-request-id"], trace);
    let untraced = [("x-forwarded-user", "ada")];
    let response = served.send("POST", "/documents", &untraced, document("t", "b"));
    let id = response.headers()["x-request-id"].to_str().expect("a text");
    let (first, second) = (&served.history(1)[0], &served.history(2)[0]);
    assert_eq!(
        (&first["request_id"], &first["trace_id"]),
        (&json!(trace), &json!(trace))
    );
    assert_eq!(
        (&second["request_id"], &second["trace_id"]),
        (&json!(id), &Value::Null)
    );
    assert_eq!(id.len(), 36);
}

#[test]
fn the_page_shows_what_changed_and_runs_nothing() {
    let served = serve();
    let evil = "<script>alert(1)</script>";
    let headers = [("x-forwarded-user", evil), ("x-request-id", "\"><b>")];
    served.send("POST", "/documents", &headers, document("Plan", evil));
    served.send("PUT", "/documents/1", &headers, document("Plan", "Do it."));
    let mut page = served.send("GET", "/documents/1/history", &[], None);
    assert!(
        page.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let page = page.body_mut().read_to_string().expect("a page");
    let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;";
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("<b>"), "{page}");
    assert!(page.contains(&format!("<td>{escaped}</td>")), "{page}");
    assert!(
        page.contains(&format!("<td><del>{escaped}</del> <ins>Do it.</ins></td>")),
        "{page}"
    );
    assert_eq!(page.matches("<tr>").count(), 3, "{page}");
}

/// A transaction that fails leaves no row, and the next request is another's.
#[test]
fn a_request_that_fails_leaves_nothing() {
    let served = serve();
    let ada = [("x-forwarded-user", "ada")];
    assert_eq!(
        served
            .send("PUT", "/documents/7", &ada, document("t", "b"))
            .status(),
        404
    );
    assert_eq!(
        served.send("DELETE", "/documents/7", &ada, None).status(),
        404
    );
    let ben = [("x-forwarded-user", "ben")];
    served.send("POST", "/documents", &ben, document("t", "b"));
    let history = served.history(1);
    assert_eq!(history.len(), 1);
    assert_eq!(history[0]["username"], "ben");
}
