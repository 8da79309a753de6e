using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;

namespace Stagedoor.Http.Describing;

/// <summary>
/// How a route says what it takes and answers, for its OpenAPI document. Its summary is the framework's <c>WithSummary</c>, its tag the folder of its
/// operation, its errors are those of <see cref="EndpointConventions.CanFail"/>.
/// </summary>
public static class DescriptionConventions
{
    /// <summary>It succeeds with this status and a body of this type.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder builder, int status, string description) =>
        builder.WithMetadata(new AnswerMetadata(status, description, typeof(T), "application/json"));

    /// <summary>It succeeds with this status and no body.</summary>
    public static T AnswersEmpty<T>(this T builder, int status, string description)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new AnswerMetadata(status, description));

    /// <summary>It succeeds with this status and a body that is not JSON, or whose JSON others define.</summary>
    public static T AnswersContent<T>(this T builder, int status, string mediaType, string description)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new AnswerMetadata(status, description, null, mediaType));

    /// <summary>Answers of this status have this header.</summary>
    public static T SendsHeader<T>(this T builder, int status, string name, string description)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new AnswerHeaderMetadata(status, name, description));

    /// <summary>The handler reads a body of this type itself.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder builder) => builder.WithMetadata(new BodyMetadata(typeof(T)));

    /// <summary>The handler reads a body that is not JSON, or whose JSON others define.</summary>
    public static T ReadsContent<T>(this T builder, string mediaType)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new BodyMetadata(null, mediaType));

    /// <summary>JSON of the route, or of the group's routes, is read and written by <paramref name="context"/>.</summary>
    public static T SpeaksJson<T>(this T builder, JsonSerializerContext context)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new JsonMetadata(context));

    /// <summary>What a segment of the path means; on a group, wherever a route of it has that segment.</summary>
    public static T PathParameter<T>(this T builder, string name, string description)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new ParameterMetadata(ParameterPlace.Path, name, description) { IsRequired = true });

    public static T QueryParameter<T>(
        this T builder, string name, string description, ParameterType type = ParameterType.Text, bool isRequired = false)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new ParameterMetadata(ParameterPlace.Query, name, description) { Type = type, IsRequired = isRequired });

    public static T HeaderParameter<T>(this T builder, string name, string description, bool isRequired = false)
        where T : IEndpointConventionBuilder =>
        builder.WithMetadata(new ParameterMetadata(ParameterPlace.Header, name, description) { IsRequired = isRequired });

    /// <summary>The service takes these credentials, any one of them.</summary>
    public static T Takes<T>(this T builder, params ApiCredential[] kinds)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new CredentialsMetadata(kinds));

    /// <summary>The route belongs to no module and is described in this document.</summary>
    public static T InDocument<T>(this T builder, string name)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new DocumentMetadata(name));
}
