using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>How a route declares what the gateway and the error middleware need to know of it.</summary>
public static class EndpointConventions
{
    /// <summary>An unexpected storage fault in this operation is <paramref name="error"/>.</summary>
    public static T FaultsAs<T>(this T builder, ErrorDefinition error)
        where T : IEndpointConventionBuilder => builder.FaultsAs(error, error);

    /// <summary>An unexpected fault in this operation is the code of the store that failed.</summary>
    public static T FaultsAs<T>(this T builder, ErrorDefinition database, ErrorDefinition blobs)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new FaultMetadata(database, blobs), new ErrorsMetadata([.. new[] { database, blobs }.Distinct()]));

    /// <summary>A fault that nobody has foreseen is <paramref name="error"/>.</summary>
    public static T UnexpectedAs<T>(this T builder, ErrorDefinition error)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new UnexpectedMetadata(error), new ErrorsMetadata([error]));

    /// <summary>A request that the framework cannot read is one of these codes.</summary>
    public static T BadRequestAs<T>(this T builder, ErrorDefinition malformed, ErrorDefinition tooLarge, ErrorDefinition? wrongType = null)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new BadRequestMetadata(malformed, tooLarge, wrongType ?? malformed));

    /// <summary>Errors of this route are written in this shape.</summary>
    public static T ErrorsIn<T>(this T builder, Envelope envelope)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new EnvelopeMetadata(envelope));

    /// <summary>Some errors of this route are written in this shape: its handler decides which, and documents say that it may be so.</summary>
    public static T ErrorsAlsoIn<T>(this T builder, Envelope envelope)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new AlsoEnvelopeMetadata(envelope));

    /// <summary>The operation can answer these codes.</summary>
    public static T CanFail<T>(this T builder, params ErrorDefinition[] errors)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new ErrorsMetadata(errors));

    /// <summary>How callers of the route are authenticated.</summary>
    public static T Authenticate<T>(this T builder, AuthMode mode)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new AuthMetadata(mode));

    /// <summary>What the operation is called in policies.</summary>
    public static T Action<T>(this T builder, string action)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new ActionMetadata(action));

    /// <summary>The operation decides itself who may, with codes of its own: its action is for documents and audit only.</summary>
    public static T DecidesItself<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new OwnDecisionMetadata());

    /// <summary>Every caller may, whatever its roles.</summary>
    public static T ForEveryCaller<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new EveryCallerMetadata());

    /// <summary>The service that the route belongs to in documents and audit records.</summary>
    public static T OfService<T>(this T builder, string service)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new ServiceMetadata(service));

    /// <summary>The largest body that the route reads; null for no limit.</summary>
    public static T LimitBody<T>(this T builder, long? bytes)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new BodyLimitMetadata(bytes));

    /// <summary>The route takes no part in the per-API throttle.</summary>
    public static T Unthrottled<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new UnthrottledMetadata());

    /// <summary>The route is answered over plain HTTP also where HTTPS is demanded.</summary>
    public static T OverPlainHttpToo<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new PlainHttpMetadata());

    /// <summary>The answer holds a secret: no cache may keep it.</summary>
    public static T AnswersSecrets<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new SecretAnswerMetadata());

    /// <summary>Requests are no spans among the server's own traces: what asks all the time, and what brings the traces.</summary>
    public static T NotRecorded<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new NotRecordedMetadata());

    /// <summary>Clients ask here on their way whether something exists: that it does not is their answer, and no refusal that somebody looks for.</summary>
    /// <param name="builder">The route.</param>
    /// <param name="method">The method by which they ask.</param>
    /// <param name="misses">The codes that say that it does not.</param>
    public static T IsProbed<T>(this T builder, string method, params ErrorDefinition[] misses)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new ProbeMetadata(method, misses));

    /// <summary>Calls of the route are not recorded in the audit log, although they change something.</summary>
    public static T NotAudited<T>(this T builder, string reason)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new NotAuditedMetadata(reason));

    /// <summary>The handler says for each call whether it is recorded, with <see cref="AuditedResources.AuditAs"/>.</summary>
    public static T AuditsItself<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new OwnAuditMetadata());

    /// <summary>Calls of the route are recorded in the audit log under this name; without it state-changing calls are, under the route's own.</summary>
    public static T Audit<T>(this T builder, string traceName, string resourceType)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new AuditMetadata(traceName, resourceType));

    /// <summary>Each route that takes GET takes HEAD as well, as load balancers and <c>curl -I</c> ask; the server leaves out the body.</summary>
    public static T AnswersHead<T>(this T builder)
        where T : IEndpointConventionBuilder
    {
        builder.Finally(static endpoint =>
        {
            if (endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods is { } methods
                && methods.Contains(HttpMethods.Get, StringComparer.Ordinal)
                && !methods.Contains(HttpMethods.Head, StringComparer.Ordinal)
                && !endpoint.Metadata.OfType<OwnHeadMetadata>().Any())
            {
                endpoint.Metadata.Add(new HttpMethodMetadata([.. methods, HttpMethods.Head]));
            }
        });
        return builder;
    }

    /// <summary>HEAD of this path is an operation of its own, mapped beside it.</summary>
    public static T HasOwnHead<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new OwnHeadMetadata());

    /// <summary>The route is served at a port of its module too.</summary>
    public static T ServedAt<T>(this T builder, ModuleListener listener)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new ListenerMetadata(listener, IsOnlyThere: false));

    /// <summary>The route is served at a port of its module and nowhere else.</summary>
    public static T ServedOnlyAt<T>(this T builder, ModuleListener listener)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new ListenerMetadata(listener, IsOnlyThere: true));

    /// <summary>The route is served at the ports of all modules too.</summary>
    public static T ServedEverywhere<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new EverywhereMetadata());
}
