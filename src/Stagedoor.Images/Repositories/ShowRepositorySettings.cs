using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Repositories;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/settings</c>: what the original service has not, and <c>PATCH</c> of the repository sets.</summary>
internal static class ShowRepositorySettings
{
    /// <param name="ImmutableTags">Patterns of tags that are neither moved nor deleted.</param>
    internal sealed record Response(IReadOnlyList<string> ImmutableTags);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/settings", HandleAsync)
        .WithName(nameof(ShowRepositorySettings))
        .WithSummary("Show the settings of a repository")
        .SpeaksJson(TagsJson.Wire)
        .Answers<Response>(200, "The settings.")
        .Action("swr:repo:getRepo")
        .FaultsAs(ImagesCodes.GetImageFailed)
        .CanFail(RepositoryGate.Refusals);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, Caller caller, RepositoryGate gate, TagGuard guard, CancellationToken cancellationToken)
    {
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        var patterns = await guard.FindPatternsAsync(opened.Id, cancellationToken);
        return TypedResults.Json(new Response(ImmutableTags.Split(patterns)), TagsJson.Wire.ShowRepositorySettingsResponse);
    }
}
