"""What is seen in the browser? The web application: requests, logins, pages, charts and the event stream."""
