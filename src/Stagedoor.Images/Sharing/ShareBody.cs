using System.Text.Json.Serialization;
using Stagedoor.Http;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sharing;

/// <summary>What a request says of a share.</summary>
/// <param name="Deadline">Until when.</param>
/// <param name="Description">Null leaves what is there.</param>
internal sealed record ShareTerms(Deadline Deadline, string? Description);

/// <summary>The body of a new share.</summary>
internal sealed record NewShareRequest([property: JsonPropertyName(AccountName.Parameter)] string? AccessDomain, string? Permit, string? Deadline, string? Description);

/// <summary>The body of a changed share.</summary>
internal sealed record ShareRequest(string? Permit, string? Deadline, string? Description)
{
    /// <summary>The terms, all of them well formed.</summary>
    /// <exception cref="ApiException">One is missing or is not.</exception>
    public ShareTerms Read(DateTimeOffset now)
    {
        var permit = string.IsNullOrEmpty(Permit) ? throw ImagesError.RequiredParameterMissing("permit") : Permit;
        if (string.IsNullOrEmpty(Deadline))
        {
            throw ImagesError.RequiredParameterMissing("deadline");
        }

        return string.Equals(permit, Share.Read, StringComparison.Ordinal)
            ? new(Sharing.Deadline.Read(Deadline, now), RepositoryBody.ReadDescription(Description, Share.MaxDescription))
            : throw ImagesError.InvalidPermit();
    }
}
