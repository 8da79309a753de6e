using System.Globalization;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Tags;

/// <summary>The order of a list of tags.</summary>
/// <param name="IsByName">By name; otherwise by when they were moved last.</param>
/// <param name="IsAscending">Whether the smallest or oldest comes first.</param>
internal readonly record struct TagOrder(bool IsByName, bool IsAscending)
{
    /// <summary>What a list can be ordered by.</summary>
    public static IReadOnlyCollection<string> Columns { get; } = ["updated_at", "tag"];

    public string Sql => (IsByName, IsAscending) switch
    {
        (true, true) => "name",
        (true, false) => "name DESC",
        (false, true) => "updated_at, id",
        (false, false) => "updated_at DESC, id DESC",
    };

    /// <summary>The condition that a tag comes behind the marker with the parameters <c>name</c> or <c>updatedAt</c> and <c>id</c>.</summary>
    public string After => (IsByName ? "name" : "(updated_at, id)") + (IsAscending ? " > " : " < ") + (IsByName ? "@name" : "(@updatedAt, @id)");

    /// <summary>What the query asks for; what was moved last comes first otherwise.</summary>
    public static TagOrder Of(PageQuery query) => new(query.OrderColumn is "tag", query.OrderColumn is not null && query.IsAscending);

    /// <summary>The place of a tag in this order, from which the next page goes on.</summary>
    public string MarkerOf(TagRow tag) => IsByName ? tag.Name : string.Create(CultureInfo.InvariantCulture, $"{tag.UpdatedAt}-{tag.Id}");

    /// <summary>Reads a marker of this order.</summary>
    /// <exception cref="Http.ApiException">It is none.</exception>
    public TagMarker ReadMarker(string text)
    {
        if (IsByName)
        {
            return TagName.IsValid(text) ? new(text, 0, 0) : throw Refusal();
        }

        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && Number(text.AsSpan(0, dash)) is { } updatedAt && Number(text.AsSpan(dash + 1)) is { } id ? new("", updatedAt, id) : throw Refusal();

        Http.ApiException Refusal() => ImagesError.InvalidQueryParameter("marker", Text.Cut(Text.Repair(text), 200), "nextMarker of the page before, in the same order");
        static long? Number(ReadOnlySpan<char> digits) => long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}

/// <summary>A place in a list of tags.</summary>
internal readonly record struct TagMarker(string Name, long UpdatedAt, long Id);
