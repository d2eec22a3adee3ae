/** The page that shows the OpenAPI document. No script stands in it: the policy of its headers forbids that. */

export const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>medmost: FHIR R4</title>
    <link rel="stylesheet" href="swagger-ui.css">
    <link rel="icon" type="image/png" href="favicon-32x32.png">
  </head>
  <body>
    <div id="page"></div>
    <noscript>This page needs JavaScript; the document itself is <a href="../fhir/openapi.json">openapi.json</a>.</noscript>
    <script src="swagger-ui-bundle.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`;

/** Tokens are not kept in the browser, and no validator elsewhere is asked. */
export const start = `SwaggerUIBundle({
  url: '../fhir/openapi.json',
  dom_id: '#page',
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;
