using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;

namespace Stagedoor.Operations;

/// <summary><c>GET /errors</c> and <c>GET /errors/{code}</c>: the catalogue, as pages for browsers and as JSON for programs.</summary>
internal static class ErrorEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/errors").Authenticate(AuthMode.None).Unthrottled().ExcludeFromDescription();
        group.MapGet("", static (HttpRequest request, string? lang, string? q) => WantsJson(request)
            ? Results.Json(Rows(q, lang).Select(ErrorPage.Json).ToList(), ErrorsJson.Readable.ListErrorView)
            : Results.Content(ErrorPage.IndexHtml(Language(lang), q ?? ""), "text/html; charset=utf-8"));
        group.MapGet("/{code}", static (HttpRequest request, string code, string? lang) => ErrorCatalog.Find(code) switch
        {
            [] => new ApiException(GatewayCodes.ApiNotFound, $"no error code '{code}'"),
            var rows when WantsJson(request) => Results.Json(rows.Select(ErrorPage.Json).ToList(), ErrorsJson.Readable.ListErrorView),
            var rows => Results.Content(ErrorPage.Html(rows[0], Language(lang)), "text/html; charset=utf-8"),
        });
    }

    private static IEnumerable<ErrorDefinition> Rows(string? words, string? language) =>
        string.IsNullOrWhiteSpace(words) ? ErrorCatalog.All : ErrorCatalog.Search(words, Language(language));

    private static string Language(string? asked) => string.Equals(asked, "zh", StringComparison.OrdinalIgnoreCase) ? "zh" : "en";

    // A browser names text/html; everything else that accepts JSON means it.
    private static bool WantsJson(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return accepted.Any(a => a.MediaType == "application/json") && !accepted.Any(a => a.MediaType == "text/html");
    }
}
