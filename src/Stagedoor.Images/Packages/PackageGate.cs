using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Requests;
using Stagedoor.Images.Traffic;

namespace Stagedoor.Images.Packages;

/// <summary>What every request for packages passes before its parameters are looked at: who calls, what its body is, whether its query is text.</summary>
internal sealed class PackageGate(RegistryAuthenticator authenticator, TrafficGate traffic, TimeProvider clock, IOptions<ImagesOptions> options)
{
    /// <summary>The codes that it refuses with.</summary>
    public static ErrorDefinition[] Refusals =>
    [
        ImagesCodes.TokenMissing,
        ImagesCodes.AuthenticationFailed,
        ImagesCodes.CheckOrganizationFailed,
        ImagesCodes.RequestUnavailable,
        ImagesCodes.TooManyRequests,
        ImagesCodes.InvalidBodyType,
        ImagesCodes.BodyTooLarge,
        ImagesCodes.UndecodableQuery,
    ];

    /// <summary>Looks at a request. From then on its caller is known; there is none where somebody without credentials reads.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async ValueTask EnterAsync(HttpContext context)
    {
        var request = context.Request;
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        var lookedAt = clock.GetTimestamp();
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        slot.Caller = await authenticator.FindCallerAsync(context);
        if (slot.Caller is null && !(isRead && options.Value.AnonymousPull))
        {
            throw ImagesError.TokenMissing();
        }

        traffic.Admit(context, slot.Caller);
        if (!isRead && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is not false)
        {
            TakeBody(context);
            (slot.LookedAt, slot.LookAgain) = (lookedAt, () => LookAgainAsync(context));
        }

        if (!ManageGate.IsDecodable(request.QueryString.Value))
        {
            throw ImagesError.UndecodableQuery(request.QueryString.Value!);
        }
    }

    /// <summary>Looks at the caller of a request again whose body has taken long.</summary>
    /// <exception cref="ApiException">The credential is no good any more.</exception>
    public async ValueTask LookAgainAsync(HttpContext context)
    {
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        slot.Caller = await authenticator.FindCallerAgainAsync(context);
    }

    private void TakeBody(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<FileBodyMetadata>() is not null)
        {
            PatientBody.Give(context, clock, options.Value.MaxBodyPauseSeconds, static (paused, seconds) => ImagesError.BodyPaused(paused.Request.Protocol, seconds));
            return;
        }

        ManageGate.CheckBody(context);
        context.Request.Body = new LateBodyStream(context, context.Request.Body);
    }
}

/// <summary>The body of the operation is a file: of any type, of any length, and as slow as its sender is.</summary>
internal sealed record FileBodyMetadata;

/// <summary>How the operations of packages are mapped.</summary>
internal static class PackageConventions
{
    /// <summary>Puts the gate before the operations of a group.</summary>
    public static T GuardPackages<T>(this T group)
        where T : IEndpointConventionBuilder
    {
        group.Add(static endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = async context =>
            {
                await context.RequestServices.GetRequiredService<PackageGate>().EnterAsync(context);
                await next(context);
            };
        });
        return group
            .BadRequestAs(ImagesCodes.InvalidParameter, tooLarge: ImagesCodes.BodyTooLarge, wrongType: ImagesCodes.InvalidBodyType)
            .CanFail(PackageGate.Refusals);
    }

    /// <summary>The codes of finding what a path names, for somebody who reads.</summary>
    public static T OpensPackage<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.CanFail(
        ImagesCodes.InvalidDomain,
        ImagesCodes.InvalidOrganizationOrName,
        ImagesCodes.InvalidPackage,
        ImagesCodes.InvalidVersion,
        ImagesCodes.VersionEmpty,
        ImagesCodes.InvalidFileName,
        ImagesCodes.OrganizationNotFound,
        ImagesCodes.CrossAccountDenied,
        ImagesCodes.PermissionDenied,
        ImagesCodes.PackageNotFound,
        ImagesCodes.GetOrganizationFailed,
        ImagesCodes.GetOrganizationPermissionFailed);

    /// <summary>The same for somebody who changes it.</summary>
    public static T ChangesPackage<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.OpensPackage().CanFail(ImagesCodes.NoEditableOrganization, ImagesCodes.SystemBusy);

    /// <summary>The codes of a JSON body.</summary>
    public static T ReadsPackageBody<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.CanFail(
        ImagesCodes.InvalidParameter,
        ImagesCodes.RequiredParameterMissing,
        ImagesCodes.DescriptionTooLong);
}
