using System.Globalization;
using System.Text;
using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;
using Stagedoor.Serve;
using Stagedoor.Storage;

namespace Stagedoor.Operations;

/// <summary><c>GET /</c> for browsers: what this is, whether it is well, how to log in, where to read on. Programs get the list of API versions.</summary>
internal sealed class FrontPage(Readiness readiness, IEnumerable<ICensus> censuses, ModuleSet modules, IConfiguration configuration, TimeProvider clock)
{
    // Anybody may load the page; the tables are counted for all of them together.
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private Task<State>? _state;
    private DateTimeOffset _asked;

    internal static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/", static async (HttpContext context, FrontPage page) =>
        {
            var language = Wishes.Language(context.Request);
            Wishes.Vary(context.Response, language);
            return Results.Content(await page.HtmlAsync(context.ExternalBase(), language), "text/html; charset=utf-8");
        })
        .WithMetadata(new HtmlOnlyMetadata())
        .WithOrder(0)
        .Authenticate(AuthMode.None)
        .Unthrottled()
        .ExcludeFromDescription();

    private async Task<string> HtmlAsync(string address, string language)
    {
        var state = await StateAsync();
        var words = FrontPageText.Of(language);
        var main = new StringBuilder();
        Append(main, $"<h1>Stagedoor <small>{PageFrame.Encode(Build.Version)}</small></h1>\n<p>{words.Lead}</p>\n");
        if (state.Problems.Count == 0)
        {
            Append(main, $"<p class=\"state good\">{words.Ready}</p>\n");
        }
        else
        {
            Append(main, $"<p class=\"state bad\">{words.NotReady}</p>\n<ul>\n{string.Concat(state.Problems.Select(static p => $"<li lang=\"en\">{PageFrame.Encode(p)}</li>\n"))}</ul>\n");
        }

        Append(main, $"<h2>{words.Services}</h2>\n<dl class=\"facts\">\n");
        foreach (var module in modules.Running.Where(static m => m.Traits.Title is not null).OrderBy(static m => m.Traits.IsAlwaysOn))
        {
            var counts = state.Counts.FirstOrDefault(c => string.Equals(c.Service, module.Name, StringComparison.Ordinal)).Counts;
            var numbers = string.Join(" · ", counts?.Select(c => string.Create(CultureInfo.InvariantCulture, $"<b>{c.Count:N0}</b> {words.NounOf(module, c.Of)}")) ?? []);
            Append(main, $"<dt>{words.TitleOf(module)}</dt><dd>{(counts is null ? words.On : counts.Count > 0 ? numbers : words.Uncounted)}</dd>\n");
        }

        foreach (var module in modules.All.Except(modules.Running).Where(static m => m.Traits.Title is not null))
        {
            Append(main, $"<dt>{words.TitleOf(module)}</dt><dd>{words.Off}</dd>\n");
        }

        main.Append("</dl>\n");
        AppendLogin(main, words, new(address));
        Append(main, $"""
            <h2>{words.Further}</h2>
            <ul class="links">
            <li><a href="/errors?lang={language}">{words.ErrorCodes}</a></li>
            <li><a href="/docs?lang={language}">{words.Docs}</a></li>
            <li>{words.ApiDescription} <a href="/docs/api">/docs/api</a> · {string.Join(" · ", modules.Running.OrderBy(static m => m.Traits.IsAlwaysOn).Select(static m => $"<a href=\"/openapi/{m.Name}.json\">{m.Name}</a>"))}</li>
            <li>{words.Operations} <a href="/metrics">/metrics</a> · <a href="/healthz">/healthz</a> · <a href="/readyz">/readyz</a> · <a href="/version">/version</a></li>
            </ul>

            """);
        return PageFrame.Around(language, "Stagedoor", $"/?lang={ErrorLanguage.Other(language)}", main.ToString());
    }

    private void AppendLogin(StringBuilder main, FrontPageText words, Uri address)
    {
        var (host, url) = (PageFrame.Encode(address.Authority), PageFrame.Encode(address.GetLeftPart(UriPartial.Authority)));
        var region = PageFrame.Encode(configuration["Gateway:Region"] ?? SettingNames.Product.Find("Gateway:Region")!.Default);
        var plain = address.Scheme is "http" ? " --tls-verify=false" : "";
        Append(main, $"<h2>{words.LogIn}</h2>\n<p>{words.Keys}</p>\n<pre tabindex=\"0\"><code>");
        var logins = modules.Running.SelectMany(static m => m.Traits.Logins).ToList();
        foreach (var login in logins)
        {
            main.Append(login.Replace("{user}", $"{region}@{words.AccessKey}", StringComparison.Ordinal)
                .Replace("{host}", host, StringComparison.Ordinal)
                .Replace("{plain}", plain, StringComparison.Ordinal)).Append('\n');
        }

        Append(main, $"curl -sS {url}/v3/auth/tokens -i -H 'Content-Type: application/json' -d @auth.json</code></pre>\n");
        if (address is { Scheme: "http", IsLoopback: false } && logins.Count > 0)
        {
            Append(main, $"<p>{words.PlainHttp.Replace("{host}", $"<code>{host}</code>", StringComparison.Ordinal)}</p>\n");
        }

        Append(main, $"<p>{words.HowToLogIn}</p>\n");
    }

    private Task<State> StateAsync()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (_state is null || now - _asked > s_fresh)
            {
                (_state, _asked) = (LookAsync(), now);
            }

            return _state;
        }
    }

    // For whoever comes within the next seconds too, so that nobody's cancellation ends it.
    private async Task<State> LookAsync()
    {
        var problems = readiness.ProblemsAsync(CancellationToken.None);
        var counts = new List<(string, IReadOnlyList<Headcount>)>();
        foreach (var census in censuses)
        {
            try
            {
                counts.Add((census.Service, await census.CountAsync(CancellationToken.None)));
            }
            catch (StorageException)
            {
                // Readiness says what is wrong with the store.
                counts.Add((census.Service, []));
            }
        }

        return new(await problems, counts);
    }

    private static void Append(StringBuilder main, FormattableString html) => main.Append(html.ToString(CultureInfo.InvariantCulture));

    private sealed record State(IReadOnlyList<string> Problems, IReadOnlyList<(string Service, IReadOnlyList<Headcount> Counts)> Counts);
}
