//! `cargo run -p axum-example`

use std::error::Error;

use audit_test_server::Server;
use axum_example::Service;
use tokio::net::TcpListener;

// A program that is there to be tried says how.
#[allow(clippy::print_stdout)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = tokio::task::spawn_blocking(Server::find).await??;
    let database = server.create_database()?;
    let service = Service::start(database.url()).await?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    let address = listener.local_addr()?;
    println!(
        "Try:

curl -i http://{address}/documents -H 'x-forwarded-user: ada' \\
     --json '{{\"title\": \"Plan\", \"body\": \"Write it down.\"}}'
curl -i http://{address}/documents/1 -X PUT -H 'x-forwarded-user: ben' -H 'x-request-id: 42' \\
     --json '{{\"title\": \"Plan\", \"body\": \"Do it.\"}}'

and look at http://{address}/documents/1/history"
    );
    axum::serve(listener, service.routes()).await?;
    Ok(())
}
