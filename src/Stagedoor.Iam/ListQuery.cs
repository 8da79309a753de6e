using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Stagedoor.Http;

namespace Stagedoor.Iam;

/// <summary>Filters and pages in the query of a list.</summary>
internal static class ListQuery
{
    private const int MaximumPerPage = 5000;

    /// <summary>-1 for absent, else 0 or 1; false when it is neither <c>true</c> nor <c>false</c>.</summary>
    public static bool TryFlag(string? text, out long flag)
    {
        flag = text switch { null or "" => -1, "true" or "True" or "1" => 1, "false" or "False" or "0" => 0, _ => -2 };
        return flag != -2;
    }

    /// <summary>The page asked for; (1, all) without; false when it is malformed. The two go together or not at all.</summary>
    public static bool TryPage(string? page, string? perPage, out (long Page, long PerPage) result)
    {
        result = (1, MaximumPerPage);
        if (string.IsNullOrEmpty(page) && string.IsNullOrEmpty(perPage))
        {
            return true;
        }

        var wellFormed = long.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            & long.TryParse(perPage, NumberStyles.None, CultureInfo.InvariantCulture, out var size);
        result = (number, size);
        return wellFormed && number is >= 1 and <= int.MaxValue && size is >= 1 and <= MaximumPerPage;
    }

    /// <summary>The links of a page, with its neighbours.</summary>
    public static Links Pages(HttpContext context, (long Page, long PerPage) at, bool more)
    {
        var self = Links.Here(context);
        return self with
        {
            Previous = at.Page > 1 ? Page(context, at.Page - 1) : null,
            Next = more ? Page(context, at.Page + 1) : null,
        };
    }

    private static string Page(HttpContext context, long page)
    {
        var query = new QueryBuilder(context.Request.Query.Where(q => q.Key is not "page"))
        {
            { "page", page.ToString(CultureInfo.InvariantCulture) },
        };
        return $"{context.ExternalBase()}{context.Request.Path}{query}";
    }
}
