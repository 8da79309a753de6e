using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
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
        where T : IEndpointConventionBuilder
    {
        // Around the endpoint's delegate, since a filter runs only after the body was read and bound.
        group.Add(static endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context =>
            {
                Check(context);
                return next(context);
            };
        });
        // Another media type is answered here, with a code, and not by routing, which would look for another route.
        group.Finally(static endpoint =>
        {
            for (var i = 0; i < endpoint.Metadata.Count; i++)
            {
                if (endpoint.Metadata[i] is IAcceptsMetadata accepts)
                {
                    endpoint.Metadata[i] = new AcceptsMetadata([.. accepts.ContentTypes, "*/*"], accepts.RequestType, accepts.IsOptional);
                }
            }
        });
        return group
            .OfService("addons")
            .HeaderParameter(ErrorDialect.Header, "How errors are told: seed or cce-v3.")
            .BadRequestAs(AddonsCodes.InvalidBody, tooLarge: AddonsCodes.InvalidBody)
            .FaultsAs(AddonsCodes.Internal)
            .UnexpectedAs(AddonsCodes.Internal)
            .CanFail(AddonsCodes.InvalidBody, AddonsCodes.Forbidden);
    }

    /// <summary>The operation is about the whole account: roles that were granted in one project do not count.</summary>
    public static T OfAccount<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(AccountMetadata.Instance);

    /// <summary>The operation takes a form with files, and says itself how large one may be.</summary>
    public static T TakesForm<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(FormMetadata.Instance).ReadsContent("multipart/form-data").LimitBody(null);

    /// <summary>The project that the caller acts in.</summary>
    /// <exception cref="ApiException">Its credential is for none.</exception>
    public static string Project(this Caller caller) => caller.ProjectId ?? throw AddonsError.NoProject();

    private static void Check(HttpContext context)
    {
        var metadata = context.GetEndpoint()!.Metadata;
        var caller = context.RequestServices.GetRequiredService<CallerSlot>().Require();
        if (metadata.GetMetadata<FormMetadata>() is not null)
        {
            CheckType(context.Request, "multipart/form-data");
        }
        else if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not false && !HttpMethods.IsGet(context.Request.Method))
        {
            context.Request.ContentType ??= "application/json";
            CheckType(context.Request, "application/json");
            CheckSize(context);
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
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals(expected, StringComparison.OrdinalIgnoreCase))
        {
            throw AddonsError.Invalid("Content-Type", $"is {(request.ContentType is { } sent ? $"'{Text.Repair(Text.Cut(sent, 100))}'" : "missing")}, expected {expected}");
        }
    }

    private static void CheckSize(HttpContext context)
    {
        if (context.Request.ContentLength > MaxBodyBytes)
        {
            throw new ApiException(AddonsCodes.InvalidBody, BodyLimit.Describe(MaxBodyBytes, context.Request.ContentLength));
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }
    }

    private sealed record FormMetadata
    {
        public static FormMetadata Instance { get; } = new();
    }

    private sealed record AccountMetadata
    {
        public static AccountMetadata Instance { get; } = new();
    }
}
