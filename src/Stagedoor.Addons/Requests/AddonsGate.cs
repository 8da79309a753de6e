using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Requests;

/// <summary>What every request passes before its body is looked at, in the order that decides between two errors.</summary>
internal static class AddonsGate
{
    private const long MaxBodyBytes = 4 * 1024 * 1024;

    /// <summary>Puts the gate before the operations of a group.</summary>
    public static T Guard<T>(this T group)
        where T : IEndpointConventionBuilder => group
        .Before(Check)
        .OfService("addons")
        .HeaderParameter(ErrorDialect.Header, "How errors are told: seed or cce-v3.")
        .BadRequestAs(AddonsCodes.InvalidBody, tooLarge: AddonsCodes.InvalidBody)
        .FaultsAs(AddonsCodes.Internal)
        .UnexpectedAs(AddonsCodes.Internal)
        .CanFail(AddonsCodes.InvalidBody, AddonsCodes.Forbidden);

    /// <summary>Another address of operations that have one: without names of their own, and without a place in the documents.</summary>
    public static RouteGroupBuilder Nameless(this RouteGroupBuilder group)
    {
        ((IEndpointConventionBuilder)group).Finally(static builder =>
        {
            foreach (var name in builder.Metadata.OfType<IEndpointNameMetadata>().Cast<object>().ToList())
            {
                builder.Metadata.Remove(name);
            }
        });
        return group.WithMetadata(new ExcludeFromDescriptionAttribute());
    }

    /// <summary>The operation is about the whole account: roles that were granted in one project do not count.</summary>
    public static T OfAccount<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(AccountMetadata.Instance);

    /// <summary>The project that the caller acts in.</summary>
    /// <exception cref="ApiException">Its credential is for none.</exception>
    public static string Project(this Caller caller) => caller.ProjectId ?? throw AddonsError.NoProject();

    private static void Check(HttpContext context)
    {
        var metadata = context.GetEndpoint()!.Metadata;
        var caller = context.RequestServices.GetRequiredService<CallerSlot>().Require();
        if (context.GetEndpoint().TakesForm())
        {
            CheckType(context.Request, "multipart/form-data");
        }
        else if (context.CanHaveBody() && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Request.ContentType ??= "application/json";
            CheckType(context.Request, "application/json");
            if (!context.TryLimitBody(MaxBodyBytes))
            {
                throw new ApiException(AddonsCodes.InvalidBody, BodyLimit.Describe(MaxBodyBytes, context.Request.ContentLength));
            }
        }

        if (metadata.GetMetadata<ActionMetadata>()?.Action is { } action && !IsAllowed(caller, action, metadata.GetMetadata<AccountMetadata>() is not null))
        {
            throw AddonsError.Forbidden(action, metadata.GetMetadata<AccountMetadata>() is not null);
        }
    }

    private static bool IsAllowed(Caller caller, string action, bool inAccount)
    {
        var roles = inAccount ? caller.RolesInAccount : caller.Roles;
        var verb = action.AsSpan(action.LastIndexOf(':') + 1);
        return caller.IsAccountRoot || AddonsModule.Actions.IsAdministeredBy(roles)
            || ((verb.StartsWith("get", StringComparison.Ordinal) || verb.StartsWith("list", StringComparison.Ordinal)) && AddonsModule.Actions.IsReadBy(caller.Roles));
    }

    private static void CheckType(HttpRequest request, string expected)
    {
        if (!request.IsOfType(expected))
        {
            throw AddonsError.Invalid("Content-Type", $"is {(request.ContentType is { } sent ? $"'{Text.Repair(Text.Cut(sent, 100))}'" : "missing")}, expected {expected}");
        }
    }

    private sealed record AccountMetadata
    {
        public static AccountMetadata Instance { get; } = new();
    }
}
