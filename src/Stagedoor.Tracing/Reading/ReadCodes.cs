using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Tracing.Admission;

namespace Stagedoor.Tracing.Reading;

/// <summary>The codes of what readers are refused with, which their protocols have no place for in the body.</summary>
internal static class ReadCodes
{
    /// <summary>All of them.</summary>
    public static ErrorDefinition[] All { get; } =
        [.. DoorCodes.All, TracingCodes.InvalidRequest, TracingCodes.EmptyResult, TracingCodes.AtsFailed];

    /// <summary>The code of a refusal by its status.</summary>
    public static ErrorDefinition Of(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => GatewayCodes.IncorrectIamAuthentication,
        StatusCodes.Status403Forbidden => GatewayCodes.AccessDenied,
        StatusCodes.Status404NotFound => TracingCodes.EmptyResult,
        StatusCodes.Status413PayloadTooLarge => GatewayCodes.BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => GatewayCodes.BadRequest,
        StatusCodes.Status400BadRequest or StatusCodes.Status409Conflict => TracingCodes.InvalidRequest,
        _ => TracingCodes.AtsFailed,
    };
}
