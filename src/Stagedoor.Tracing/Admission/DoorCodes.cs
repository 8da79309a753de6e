using Stagedoor.Errors;

namespace Stagedoor.Tracing.Admission;

/// <summary>The codes of what a door refuses credentials with.</summary>
internal static class DoorCodes
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorDefinition> All { get; } =
    [
        GatewayCodes.IncorrectIamAuthentication, GatewayCodes.IncorrectAuthentication, GatewayCodes.TokenMustBeUpdated, GatewayCodes.AccessDenied, GatewayCodes.ProjectUnavailable,
        GatewayCodes.AddressNotAuthorized, GatewayCodes.BodyTooLarge, GatewayCodes.Throttled, GatewayCodes.IamUnavailable,
    ];
}
