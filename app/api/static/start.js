// Opens Swagger UI on our own contract; a script of its own, because the page's policy allows none inline.
window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
});
