using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Operations;

/// <summary>
/// <c>GET /errors</c> and <c>GET /errors/{code}</c>: the catalogue, where the link of each error leads. Pages for browsers, JSON for programs
/// that ask for it, plain text for a terminal and for everybody else.
/// </summary>
internal static class ErrorEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/errors").Authenticate(AuthMode.None).Unthrottled().InDocument("gateway").SpeaksJson(ErrorsJson.Readable);
        group.MapGet("", static (HttpContext context, string? q) => List(context, q?.Trim() ?? ""))
            .WithName("ListErrorCodes")
            .WithSummary("List the error codes, or find some by words")
            .QueryParameter("q", "Words of the code, its text, meaning or remedy.")
            .QueryParameter("lang", "The language of texts and pages: en or zh.")
            .Answers<List<ErrorView>>(200, "The codes.")
            .AnswersContent(200, "text/html", "The same for browsers.")
            .AnswersContent(200, "text/plain", "The same for terminals.");
        group.MapGet("/{code}", Show)
            .WithName("ShowErrorCode")
            .WithSummary("Explain an error code")
            .PathParameter("code", "The code, or its end where that is enough to find it.")
            .QueryParameter("lang", "The language of texts and pages: en or zh.")
            .Answers<List<ErrorView>>(200, "The code; several where the end is that of several.")
            .AnswersContent(200, "text/html", "The same for browsers.")
            .AnswersContent(200, "text/plain", "The same for terminals.")
            .CanFail(GatewayCodes.ApiNotFound);
    }

    private static IResult List(HttpContext context, string words)
    {
        var language = Wishes.Language(context.Request);
        Wishes.Vary(context.Response, language);
        var rows = words.Length == 0 ? ErrorCatalog.All : ErrorCatalog.Search(words, language);
        return Wishes.Form(context.Request) switch
        {
            Representation.Html => Html(ErrorPage.IndexHtml(language, words)),
            Representation.Json => Results.Json(rows.Select(ErrorPage.Json).ToList(), ErrorsJson.Readable.ListErrorView),
            _ => Text(ErrorPage.ListText(rows, language)),
        };
    }

    private static IResult Show(HttpContext context, string code)
    {
        var language = Wishes.Language(context.Request);
        var form = Wishes.Form(context.Request);
        var rows = ErrorCatalog.Find(code);
        if (rows.Count == 0 && form is Representation.Json)
        {
            return new ApiException(GatewayCodes.ApiNotFound, $"no error code '{code}'");
        }

        if (rows.Count == 0)
        {
            context.Response.Headers["X-Stagedoor-Error-Code"] = GatewayCodes.ApiNotFound.Code;
        }

        Wishes.Vary(context.Response, language);
        return (form, rows) switch
        {
            (Representation.Html, []) => Html(ErrorPage.UnknownHtml(code, language), StatusCodes.Status404NotFound),
            (_, []) => Text(ErrorPage.UnknownText(code, language), StatusCodes.Status404NotFound),
            (Representation.Html, _) => Html(ErrorPage.Html(rows[0], language)),
            (Representation.Json, _) => Results.Json(rows.Select(ErrorPage.Json).ToList(), ErrorsJson.Readable.ListErrorView),
            _ => Text(string.Join('\n', rows.Select(row => ErrorPage.Text(row, language)))),
        };
    }

    private static IResult Html(string page, int status = StatusCodes.Status200OK) => Results.Content(page, "text/html; charset=utf-8", statusCode: status);

    private static IResult Text(string page, int status = StatusCodes.Status200OK) => Results.Content(page, "text/plain; charset=utf-8", statusCode: status);
}
