using Stagedoor.Http;

namespace Stagedoor.Images.Sharing;

/// <summary>Which shared repositories are asked for.</summary>
/// <param name="FromOthers">Those that other accounts share with the caller's, or those that it shares itself.</param>
/// <param name="Account">Only those of that account, or shared with it; null is all.</param>
/// <param name="IsValid">Only those that are still shared, or only others; null is all.</param>
/// <param name="Now">What a deadline is compared with, in Unix milliseconds.</param>
internal sealed record SharedFilter(bool FromOthers, string? Account, bool? IsValid, long Now)
{
    public const string Own = "self";
    public const string Others = "thirdparty";

    /// <summary>Reads which of the two lists is meant.</summary>
    /// <exception cref="ApiException">It does not say, or something else.</exception>
    public static bool ReadFromOthers(string name, string? text) => text switch
    {
        Own => false,
        Others => true,
        null or "" => throw ImagesError.ParameterMissing($"{name} is {Own} or {Others}"),
        _ => throw ImagesError.InvalidQueryParameter(name, text, $"{Own}, {Others}"),
    };

    /// <summary>The condition that makes a repository one of the list, besides that the caller may see it.</summary>
    public string Condition => FromOthers
        ? $"r.id IN (SELECT s.repository_id FROM share_domains s WHERE s.domain_id = @domainId{Validity}){(Account is null ? "" : " AND o.domain_name = @account")}"
        : $"(EXISTS (SELECT 1 FROM share_domains s WHERE {Mine})){ValidityOfAny}";

    /// <summary>Whether a share of it is valid, as a number.</summary>
    public string Status => $"""
        CASE WHEN EXISTS (SELECT 1 FROM share_domains s WHERE {(FromOthers ? "s.repository_id = r.id AND s.domain_id = @domainId" : Mine)} AND {Valid})
        THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
        """;

    private const string Valid = "(s.expires_at IS NULL OR s.expires_at > @now)";

    private string Mine => $"s.repository_id = r.id{(Account is null ? "" : " AND s.access_domain = @account")}";

    private string Validity => IsValid switch
    {
        true => $" AND {Valid}",
        false => $" AND NOT {Valid}",
        null => "",
    };

    // A repository is valid in the own list when one of its shares is.
    private string ValidityOfAny => IsValid is { } valid ? $" AND {(valid ? "" : "NOT ")}EXISTS (SELECT 1 FROM share_domains s WHERE {Mine} AND {Valid})" : "";
}
