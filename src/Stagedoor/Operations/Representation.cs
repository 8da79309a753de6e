using Microsoft.Net.Http.Headers;
using Stagedoor.Errors;

namespace Stagedoor.Operations;

/// <summary>The forms in which a page can be had.</summary>
internal enum Representation
{
    /// <summary>For a terminal, and for whoever does not say.</summary>
    Text,

    /// <summary>For a browser.</summary>
    Html,

    /// <summary>For a program.</summary>
    Json,
}

/// <summary>What a caller wants to read, by the headers that every client sends.</summary>
internal static class Wishes
{
    private static readonly (Representation Form, string Type)[] s_forms =
        [(Representation.Text, "text/plain"), (Representation.Html, "text/html"), (Representation.Json, "application/json")];

    /// <summary>The form that <c>Accept</c> likes best; of two that it likes alike the one it names more exactly, then first.</summary>
    internal static Representation Form(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) || accepted.Count == 0)
        {
            return Representation.Text;
        }

        return s_forms.Select(form => (form.Form, Rank: Rank(accepted, form.Type))).Where(static f => f.Rank.Quality > 0)
            .OrderByDescending(static f => f.Rank.Quality).ThenByDescending(static f => f.Rank.Exactness).ThenBy(static f => f.Rank.Place)
            .Select(static f => f.Form).FirstOrDefault();
    }

    /// <summary><c>zh</c> or <c>en</c>: what the address says, else what <c>Accept-Language</c> likes best.</summary>
    internal static string Language(HttpRequest request)
    {
        if (request.Query["lang"] is [{ Length: > 0 } asked, ..])
        {
            return Of(asked);
        }

        return StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var accepted)
            && accepted.Where(static a => a.Quality is not 0 && (Of(a.Value.Value) is ErrorLanguage.Chinese || IsEnglish(a.Value.Value)))
                .OrderByDescending(static a => a.Quality ?? 1).FirstOrDefault() is { } best
            ? Of(best.Value.Value)
            : ErrorLanguage.English;
    }

    /// <summary>Tells caches what the answer depends on.</summary>
    internal static void Vary(HttpResponse response, string language)
    {
        response.Headers.Vary = "Accept, Accept-Language";
        response.Headers.ContentLanguage = language is ErrorLanguage.Chinese ? "zh-Hans" : "en";
    }

    private static string Of(string? language) => ErrorLanguage.IsChinese(language) ? ErrorLanguage.Chinese : ErrorLanguage.English;

    private static bool IsEnglish(string? language) => language is not null
        && language.StartsWith("en", StringComparison.OrdinalIgnoreCase) && (language.Length == 2 || language[2] is '-');

    private static (double Quality, int Exactness, int Place) Rank(IList<MediaTypeHeaderValue> accepted, string type)
    {
        var form = new MediaTypeHeaderValue(type);
        // What names the type exactly counts, whatever a wider one says.
        var best = accepted.Select(static (wish, place) => (Wish: wish, Place: place)).Where(a => form.IsSubsetOf(a.Wish))
            .OrderByDescending(static a => Exactness(a.Wish)).FirstOrDefault();
        return best.Wish is null ? (0, 0, 0) : (best.Wish.Quality ?? 1, Exactness(best.Wish), best.Place);
    }

    private static int Exactness(MediaTypeHeaderValue wish) => wish.MatchesAllTypes ? 0 : wish.MatchesAllSubTypes ? 1 : 2;
}
