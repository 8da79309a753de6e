using System.Globalization;
using System.Text;

namespace Stagedoor.Errors.Pages;

/// <summary>The files under <c>docs/errors</c>.</summary>
public static class ErrorDocs
{
    private const string Generated = "<!-- Generated from the rows in src/Stagedoor.Errors; STAGEDOOR_ACCEPT=1 and its tests write it anew. -->\n\n";

    /// <summary>Name and content of each file.</summary>
    public static IReadOnlyDictionary<string, string> Files()
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal) { ["README.md"] = Overview() };
        foreach (var service in ErrorCatalog.All.GroupBy(row => row.Service, StringComparer.Ordinal))
        {
            files.Add($"{service.Key}.md", Service(service.Key, [.. service]));
        }

        return files;
    }

    private static string Service(string service, IReadOnlyList<ErrorDefinition> rows)
    {
        var page = new StringBuilder(Generated);
        page.Append($"# {PageText.English.TitleOf(service)}: error codes · {PageText.Chinese.TitleOf(service)}错误码\n\n");
        foreach (var source in rows.Select(row => row.Source).Distinct(StringComparer.Ordinal))
        {
            page.Append($"{ErrorMarkdown.Escape(source)}. Meaning and remedy are ours.\n\n");
        }

        return page.AppendJoin('\n', rows.Select(ErrorMarkdown.Section)).ToString();
    }

    private static string Overview()
    {
        var page = new StringBuilder(Generated);
        page.Append("""
            # Error codes · 错误码

            Every error that Stagedoor answers is a row here: its code, its HTTP status, its text, what happened and what to do about it, in
            English and Chinese, and how to see it for real. Codes of parts that are planned are here too, and say so. A running server shows
            the same under `/errors`, and `stagedoor errors` prints it.

            Each error response has two headers that lead on: `Link: </errors/CODE>; rel="help"` to the page of its code, and `X-Request-Id`,
            which stands in the lines of the server's log about this request. Clients should look at code and status; texts can carry details
            at their end.

            ## Shapes


            """);
        foreach (var shape in ErrorCatalog.All.Where(row => row.Message is not null).GroupBy(row => row.Envelope).OrderBy(shape => shape.Key))
        {
            var row = shape.First();
            page.Append($"{ShapeOf(shape.Key)}:\n\n```json\n{ErrorExample.Body(row)}\n```\n\n");
        }

        page.Append("""
            `Errors:SdkAliases`, on by default, adds `error_code` and `error_msg` at the end of the microservice engine's and the trace
            service's objects, because that is where the official SDKs look.

            """);
        foreach (var service in ErrorCatalog.All.GroupBy(row => row.Service, StringComparer.Ordinal))
        {
            page.Append($"\n## {PageText.English.TitleOf(service.Key)} · {PageText.Chinese.TitleOf(service.Key)}\n\n");
            page.Append("| Code | Status | Text | What happened |\n|---|---|---|---|\n");
            foreach (var row in service)
            {
                var link = $"[{row.Code}]({service.Key}.md#{ErrorMarkdown.AnchorOf(row)})";
                var meaning = ErrorMarkdown.Escape(row.English.Meaning);
                page.Append(CultureInfo.InvariantCulture, $"| {link} | {row.Status} | {ErrorMarkdown.TextOf(row)} | {meaning} |\n");
            }
        }

        return page.ToString();
    }

    private static string ShapeOf(Envelope envelope) => envelope switch
    {
        Envelope.Gateway => "The gateway",
        Envelope.Iam => "IAM, in Keystone's shape and its own at once",
        Envelope.Images => "The image repository's management, package and build APIs: an array of one",
        Envelope.Oci => "The image registry under `/v2/`: the OCI distribution body, with the service's code in `detail`",
        Envelope.Registry => "The microservice registry, in both spellings that its clients read",
        Envelope.Dashboard => "Dashboard and transactions of the microservice engine",
        Envelope.Tracing => "The trace service",
        Envelope.Addons => "The add-on manager, with details in `message`",
        _ => throw new ArgumentOutOfRangeException(nameof(envelope), envelope, "An envelope without a description."),
    };
}
