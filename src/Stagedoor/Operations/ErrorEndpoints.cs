using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Http.Describing;
using Stagedoor.Storage;

namespace Stagedoor.Operations;

/// <summary>
/// <c>GET /errors</c> and <c>GET /errors/{code}</c>: the catalogue, where the link of each error leads. Pages for browsers, JSON for programs
/// that ask for it, plain text for a terminal and for everybody else.
/// </summary>
internal static class ErrorEndpoints
{
    private const int MaxLast = 5;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/errors").ServedEverywhere().Authenticate(AuthMode.None).Unthrottled().InDocument("gateway").SpeaksJson(ErrorsJson.Readable);
        group.MapGet("", static (HttpContext context, string? q) => List(context, q?.Trim() ?? ""))
            .WithName("ListErrorCodes")
            .WithSummary("List the error codes, or find some by words")
            .QueryParameter("q", "Words of the code, its text, meaning or remedy.")
            .QueryParameter("lang", "The language of texts and pages: en or zh.")
            .Answers<List<ErrorView>>(200, "The codes.")
            .AnswersContent(200, "text/html", "The same for browsers.")
            .AnswersContent(200, "text/plain", "The same for terminals.");
        // Anybody may read it; who shows a credential reads its own last requests too.
        group.MapGet("/{code}", ShowAsync)
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

    private static async Task<IResult> ShowAsync(HttpContext context, string code, ILastRefusals refusals)
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
        var last = rows.Count > 0 ? await LastAsync(refusals, context, rows[0].Code) : null;
        if (last is not null)
        {
            context.Response.Headers.CacheControl = "no-store";
        }

        return (form, rows) switch
        {
            (Representation.Html, []) => Html(ErrorPage.UnknownHtml(code, language), StatusCodes.Status404NotFound),
            (_, []) => Text(ErrorPage.UnknownText(code, language), StatusCodes.Status404NotFound),
            (Representation.Html, _) => Html(ErrorPage.Html(rows[0], language, last)),
            (Representation.Json, _) => Results.Json(rows.Select(row => ErrorPage.Json(row) with { YourLast = last }).ToList(), ErrorsJson.Readable.ListErrorView),
            _ => Text(string.Join('\n', rows.Select(row => ErrorPage.Text(row, language))) + (last is null ? "" : "\n" + ErrorPage.LastText(last, language))),
        };
    }

    // The page is there whatever becomes of this.
    private static async Task<IReadOnlyList<LastOccurrence>?> LastAsync(ILastRefusals refusals, HttpContext context, string code)
    {
        try
        {
            return await refusals.FindLastAsync(context, code, MaxLast) is { } last
                ? [.. last.Select(static r => new LastOccurrence(r.RequestId, r.Time, r.Request, r.Change))]
                : null;
        }
        catch (Exception e) when (e is StorageException or ApiException)
        {
            return null;
        }
    }

    private static IResult Html(string page, int status = StatusCodes.Status200OK) => Results.Content(page, "text/html; charset=utf-8", statusCode: status);

    private static IResult Text(string page, int status = StatusCodes.Status200OK) => Results.Content(page, "text/plain; charset=utf-8", statusCode: status);
}
