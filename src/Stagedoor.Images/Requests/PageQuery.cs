using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Requests;

/// <summary>
/// What a list was asked for: its conditions, which part of it and in which order. They stand in the query as they are, or all of them in
/// <c>filter</c>, which then is what counts.
/// </summary>
internal sealed class PageQuery
{
    public const int DefaultLimit = 100;

    /// <summary>The most records of a page; who asks for more gets as many.</summary>
    public const int MaxLimit = 1000;

    private static readonly string[] s_paging = ["limit", "offset"];
    private static readonly string[] s_order = ["order_column", "order_type"];

    private readonly Func<string, string?> _find;

    private readonly int? _limit;

    private PageQuery(Func<string, string?> find, int? limit) => (_find, _limit) = (find, limit);

    public int Limit => LimitOf(DefaultLimit, MaxLimit);

    public int Offset { get; private init; }

    /// <summary>Whether the request names both, and the answer says with <c>Content-Range</c> which part it is.</summary>
    public bool IsRange { get; private init; }

    /// <summary>What the list is ordered by; null when the request does not say.</summary>
    public string? OrderColumn { get; private init; }

    /// <summary>Whether the order is ascending. Without <see cref="OrderColumn"/> it means nothing.</summary>
    public bool IsAscending { get; private init; }

    /// <summary>A condition; null when it is absent or empty.</summary>
    public string? this[string key] => _find(key) is { Length: > 0 } value ? value : null;

    /// <summary>How many records are asked for, where the usual numbers are not the operation's.</summary>
    /// <param name="standard">How many without a limit.</param>
    /// <param name="most">The most of a page.</param>
    public int LimitOf(int standard, int most) => Math.Min(_limit ?? standard, most);

    /// <summary>Reads the query.</summary>
    /// <param name="request">The request.</param>
    /// <param name="keys">The conditions that the operation knows, in the query as in <c>filter</c>.</param>
    /// <param name="orders">What it can be ordered by; empty when the order is fixed.</param>
    /// <exception cref="ApiException">It is malformed, in the order of the codes 4001035, 4000056, 4001036, 4001025.</exception>
    public static PageQuery Read(HttpRequest request, IReadOnlyCollection<string> keys, params IReadOnlyCollection<string> orders)
    {
        string[] known = [.. keys, .. s_paging, .. orders.Count == 0 ? [] : s_order];
        var conditions = QueryFilter.Parse(request.Query["filter"].ToString(), known);
        Func<string, string?> find = conditions is null
            ? key => request.Query.TryGetValue(key, out var values) ? values.ToString() : null
            : conditions.GetValueOrDefault;
        var limit = ReadNumber("limit", find("limit"), 1);
        var offset = ReadNumber("offset", find("offset"), 0);
        if (offset is not null && limit is null)
        {
            throw ImagesError.ParameterMissing("offset needs limit");
        }

        var (column, type) = orders.Count == 0 ? (null, null) : (Filled(find("order_column")), Filled(find("order_type")));
        if (column is null != type is null)
        {
            throw ImagesError.ParameterMissing("order_column and order_type need one another");
        }

        if (column is not null && !orders.Contains(column, StringComparer.Ordinal))
        {
            throw ImagesError.InvalidQueryParameter("order_column", column, string.Join(", ", orders));
        }

        if (type is not null and not "asc" and not "desc")
        {
            throw ImagesError.InvalidQueryParameter("order_type", type, "asc, desc");
        }

        return new(find, limit)
        {
            Offset = offset ?? 0,
            IsRange = limit is not null && offset is not null,
            OrderColumn = column,
            IsAscending = type is "asc",
        };
    }

    /// <summary>Says which part of the list the answer is, where that was asked for.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="count">How many records it has.</param>
    /// <param name="total">How many there are.</param>
    public void SetRange(HttpResponse response, int count, long total)
    {
        if (IsRange)
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"{Offset}-{count}/{total}");
        }
    }

    private static string? Filled(string? text) => string.IsNullOrEmpty(text) ? null : text;

    // Digits alone: what does not fit into a number is more than anybody has.
    private static int? ReadNumber(string name, string? text, int least)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            throw ImagesError.InvalidPageSize(name, text);
        }

        var number = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : int.MaxValue;
        return number >= least ? number : throw ImagesError.InvalidPageSize(name, text);
    }
}

/// <summary>How routes of lists describe themselves.</summary>
internal static class PageConventions
{
    /// <summary>The operation answers a part of a list, as <see cref="PageQuery"/> reads it.</summary>
    public static T Pages<T>(this T builder, params IReadOnlyCollection<string> orders)
        where T : IEndpointConventionBuilder
    {
        builder
            .QueryParameter("limit", $"The most records to answer, {PageQuery.DefaultLimit} unless given, at most {PageQuery.MaxLimit}.", ParameterType.Number)
            .QueryParameter("offset", "How many records to skip; needs limit.", ParameterType.Number)
            .QueryParameter("filter", "All conditions as key::value|key::value; it replaces the plain parameters.")
            .SendsHeader(200, "Content-Range", "OFFSET-COUNT/TOTAL, where both limit and offset were given.")
            .CanFail(ImagesCodes.InvalidPageSize, ImagesCodes.InvalidFilter, ImagesCodes.ParameterMissing, ImagesCodes.InvalidQueryParameter);
        if (orders.Count > 0)
        {
            builder
                .QueryParameter("order_column", $"What to order by: {string.Join(", ", orders)}; needs order_type.")
                .QueryParameter("order_type", "asc or desc.");
        }

        return builder;
    }
}
