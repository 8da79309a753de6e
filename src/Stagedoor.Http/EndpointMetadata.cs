using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Http;

/// <summary>What an unexpected storage fault in this operation is called.</summary>
public sealed record FaultMetadata(ErrorDefinition Database, ErrorDefinition Blobs)
{
    public ErrorDefinition For(StorageException fault) => fault.Store is StorageSource.Database ? Database : Blobs;
}

/// <summary>What a request is called that the framework refuses before the handler: unreadable, too large, of the wrong type.</summary>
public sealed record BadRequestMetadata(ErrorDefinition Malformed, ErrorDefinition TooLarge, ErrorDefinition WrongType)
{
    public ErrorDefinition For(int status) => status switch
    {
        413 => TooLarge,
        415 => WrongType,
        _ => Malformed,
    };
}

/// <summary>What a fault is called that nobody has foreseen in this operation; without it the gateway's own code.</summary>
public sealed record UnexpectedMetadata(ErrorDefinition Error);

/// <summary>The shape of every error of a route, where it differs from the rows' own.</summary>
public sealed record EnvelopeMetadata(Envelope Envelope);

/// <summary>Some errors of this route are written in this shape, as its handler decides.</summary>
public sealed record AlsoEnvelopeMetadata(Envelope Envelope);

/// <summary>Codes that an operation can answer, for its OpenAPI document and for the ledger of provoked codes.</summary>
public sealed record ErrorsMetadata(IReadOnlyList<ErrorDefinition> Errors);

/// <summary>Who may come through to a route without the gateway's own check.</summary>
public enum AuthMode
{
    /// <summary>The gateway demands a token or a signature.</summary>
    Iam,

    /// <summary>The service checks credentials itself and answers with its own codes.</summary>
    Passthrough,

    /// <summary>No credentials are looked at.</summary>
    None,
}

/// <summary>A route's authentication mode; without it a route is <see cref="AuthMode.Iam"/>.</summary>
public sealed record AuthMetadata(AuthMode Mode);

/// <summary>What an operation is called in policies, for example <c>swr:namespace:createNamespace</c>.</summary>
public sealed record ActionMetadata(string Action);

/// <summary>An operation that decides itself who may, with codes of its own; the gateway does not.</summary>
public sealed record OwnDecisionMetadata;

/// <summary>An operation for everybody whom the gateway knows, whatever its roles: it says so, because one that says nothing is for nobody.</summary>
public sealed record EveryCallerMetadata;

/// <summary>The operation by which users change their own password; a token of a user who has to do that is good for nothing else.</summary>
public sealed record OwnPasswordMetadata;

/// <summary>A group of operations as one service of the documents: <c>images</c>, <c>iam</c>…</summary>
public sealed record ServiceMetadata(string Service);

/// <summary>The largest request body that a route reads, in bytes; null for no limit. Without it the gateway's own limit holds.</summary>
public sealed record BodyLimitMetadata(long? Bytes);

/// <summary>A route whose requests are no spans among the server's own traces.</summary>
public sealed record NotRecordedMetadata;

/// <summary>A route where clients ask on their way whether something exists.</summary>
/// <param name="Method">The method by which they ask.</param>
/// <param name="Misses">The codes that say that it does not.</param>
public sealed record ProbeMetadata(string Method, IReadOnlyList<ErrorDefinition> Misses);

/// <summary>A route that takes no part in the per-API request throttle, because its own service limits it.</summary>
public sealed record UnthrottledMetadata;

/// <summary>A route that is answered over plain HTTP also where HTTPS is demanded: it takes no credential and tells no secret.</summary>
public sealed record PlainHttpMetadata;

/// <summary>A route whose answer holds a secret, a token for example.</summary>
public sealed record SecretAnswerMetadata;

/// <summary>A route for GET beside which HEAD has a route of its own.</summary>
public sealed record OwnHeadMetadata;

/// <summary>A route that changes something and has no record in the audit log.</summary>
/// <param name="Reason">Why not.</param>
public sealed record NotAuditedMetadata(string Reason);

/// <summary>A route whose handler says for each call whether it is recorded, and as what.</summary>
public sealed record OwnAuditMetadata;

/// <summary>How calls of a route are named in the audit log.</summary>
/// <param name="TraceName">What was done, for example <c>createUserNamespace</c>.</param>
/// <param name="ResourceType">What it was done to, for example <c>namespace</c>.</param>
public sealed record AuditMetadata(string TraceName, string ResourceType);

/// <summary>The path of an operation whose route takes more than it, for documents and measures.</summary>
/// <param name="Template">As its specification writes it, for example <c>/v2/{name}/blobs/{digest}</c>.</param>
public sealed record PathTemplateMetadata(string Template);

/// <summary>A route that is served at a module's own port.</summary>
/// <param name="Listener">The port.</param>
/// <param name="IsOnlyThere">The main ports do not serve it.</param>
public sealed record ListenerMetadata(ModuleListener Listener, bool IsOnlyThere);

/// <summary>A route that is served at every port, as what refusals of all of them lead to.</summary>
public sealed record EverywhereMetadata;
