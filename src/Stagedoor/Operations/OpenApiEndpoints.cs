using System.Text.Json.Serialization;
using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Operations;

/// <summary><c>GET /openapi</c> and <c>GET /openapi/{service}.json</c>: what describes the API to programs.</summary>
internal static class OpenApiEndpoints
{
    /// <param name="Documents">One for each service that runs here.</param>
    internal sealed record Index(IReadOnlyList<Entry> Documents);

    /// <param name="Name">The service.</param>
    /// <param name="Title">What people call it.</param>
    /// <param name="Operations">How many operations it has.</param>
    /// <param name="Url">Where the document is.</param>
    internal sealed record Entry(string Name, string Title, int Operations, string Url);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/openapi").Authenticate(AuthMode.None).Unthrottled();
        group.MapGet("", List)
            .WithName("ListApiDescriptions")
            .WithSummary("List the API descriptions")
            .InDocument("gateway")
            .SpeaksJson(OpenApiJson.Default)
            .Answers<Index>(200, "One document for each service that runs.")
            .AnswersContent(200, "text/html", "The same for browsers.")
            .AnswersContent(200, "text/plain", "The addresses, one a line.");
        group.MapGet("/{documentName}.json", Show)
            .WithName("GetApiDescription")
            .WithSummary("Get the API description of a service")
            .InDocument("gateway")
            .PathParameter("documentName", "The service, as the list of descriptions names it.")
            .AnswersContent(200, "application/json", "An OpenAPI 3.1 document.")
            .CanFail(GatewayCodes.ApiNotFound);
    }

    private static IResult List(HttpContext context, OpenApiDocuments documents)
    {
        var (address, language) = (context.ExternalBase(), Wishes.Language(context.Request));
        Wishes.Vary(context.Response, language);
        List<Entry> all = [.. documents.Names.Select(n => new Entry(n, documents.TitleOf(n), documents.CountOf(n), $"{address}/openapi/{n}.json"))];
        return Wishes.Form(context.Request) switch
        {
            Representation.Html => Results.Content(Page(all, language), "text/html; charset=utf-8"),
            Representation.Json => Results.Json(new Index(all), OpenApiJson.Default.Index),
            _ => Results.Text(string.Concat(all.Select(static e => e.Url + "\n")), "text/plain; charset=utf-8"),
        };
    }

    private static IResult Show(HttpContext context, OpenApiDocuments documents, string documentName) =>
        documents.Find(documentName, context.ExternalBase()) is { } document
            ? Results.Text(document, "application/json; charset=utf-8")
            // Without the name, which anybody may have written.
            : new ApiException(GatewayCodes.ApiNotFound, "no service of this name runs here; /openapi lists them");

    private static string Page(IEnumerable<Entry> all, string language)
    {
        var rows = all.Select(static e =>
            $"<tr><td>{PageFrame.Encode(e.Title)}</td><td>{e.Operations}</td><td><a href=\"/openapi/{e.Name}.json\">/openapi/{e.Name}.json</a></td></tr>\n");
        var isChinese = language is ErrorLanguage.Chinese;
        var main = $"""
            <h1>{(isChinese ? "API 描述" : "API descriptions")}</h1>
            <p>{(isChinese ? "OpenAPI 3.1，供生成客户端使用。" : "OpenAPI 3.1, to read or to make a client from.")} <a href="/docs/api">/docs/api</a></p>
            <table>
            <thead><tr><th>{(isChinese ? "服务" : "Service")}</th><th>{(isChinese ? "操作数" : "Operations")}</th><th>{(isChinese ? "文档" : "Document")}</th></tr></thead>
            <tbody>
            {string.Concat(rows)}</tbody>
            </table>

            """;
        return PageFrame.Around(language, $"{(isChinese ? "API 描述" : "API descriptions")} · Stagedoor", $"/openapi?lang={ErrorLanguage.Other(language)}", main);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OpenApiEndpoints.Index))]
internal sealed partial class OpenApiJson : JsonSerializerContext;
