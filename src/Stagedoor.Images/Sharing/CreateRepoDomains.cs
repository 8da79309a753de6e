using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sharing;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repositories/{repository}/access-domains</c>: lets another account pull from a private repository.</summary>
internal static class CreateRepoDomains
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPost("/namespaces/{namespace}/repositories/{repository}/access-domains", HandleAsync)).WithName(nameof(CreateRepoDomains));
        Describe(routes.MapPost("/namespaces/{namespace}/repos/{repository}/access-domains", HandleAsync)).ExcludeFromDescription();
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Share a private repository with another account")
        .SpeaksJson(SharingJson.Wire)
        .Answers<Empty>(201, "The account's users may pull from it.")
        .Action("swr:repo:createRepoDomain")
        .Audit("createImageRepositoryAccessDomain", "imageRepositoryAccessDomain")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidDomain,
            ImagesCodes.InvalidPermission,
            ImagesCodes.DescriptionTooLong,
            ImagesCodes.PermissionExists);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        NewShareRequest request,
        Caller caller,
        RepositoryGate gate,
        IAccountNames accounts,
        ShareStore shares,
        RegistryCache cache,
        TimeProvider clock,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var account = string.IsNullOrEmpty(request.AccessDomain) ? throw ImagesError.RequiredParameterMissing(AccountName.Parameter) : request.AccessDomain;
        var terms = new ShareRequest(request.Permit, request.Deadline, request.Description).Read(clock.GetUtcNow());
        if (!AccountName.IsValid(account) || string.Equals(account, caller.DomainName, StringComparison.Ordinal))
        {
            return ImagesError.InvalidAccessDomain($"{AccountName.Parameter} is the name of another account, 1-64 of letters, digits, '_' and '-'");
        }

        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        // Asked last, so that only who may share learns which accounts there are.
        if (await accounts.FindIdAsync(account, cancellationToken) is not { } accountId)
        {
            return ImagesError.InvalidAccessDomain($"{AccountName.Parameter}={account} is no account of this installation");
        }

        context.AuditDetail($"to {account} until {terms.Deadline.Text}");
        var added = await shares.AddAsync(opened.Id, accountId, account, terms, caller, cancellationToken);
        cache.Invalidate();
        return added switch
        {
            AddedShare.Added => TypedResults.Json(Empty.Value, SharingJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
            AddedShare.Present => ImagesError.PermissionExists(@namespace, repository, $"{AccountName.Parameter}={account}"),
            AddedShare.Public => ImagesError.InvalidParameter("the repository is public: everybody may pull from it without a share"),
            AddedShare.Full => ImagesError.InvalidParameter($"the repository is shared with {ShareStore.MaxAccounts} accounts, and can be with no more"),
            _ => ImagesError.RepositoryNotFound(@namespace, repository),
        };
    }
}
