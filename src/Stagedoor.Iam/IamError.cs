using System.Globalization;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Iam;

/// <summary>The identity service's refusals with their facts.</summary>
internal static class IamError
{
    public static ApiException InvalidBody(string problem) =>
        new(IamCodes.InvalidBody, problem) { Text = $"{IamCodes.InvalidBody.Message}: {problem}." };

    public static ApiException WrongPassword() => new(IamCodes.WrongPassword)
    {
        Decision = new(DecisionStage.Authentication)
        {
            Change = "Check the account (domain.name), the user and its password; somebody who may manage users can set a new one: stagedoor admin user password {user}",
        },
    };

    public static ApiException AuthenticationRequired(string detail) => new(IamCodes.AuthenticationRequired, detail);

    public static ApiException AccountLocked() => new(IamCodes.AccountLocked);

    public static ApiException Throttled(int threshold, int seconds) => new(IamCodes.Throttled)
    {
        Text = string.Create(
            CultureInfo.InvariantCulture, $"{IamCodes.Throttled.Message} Threshold: {threshold} times per {seconds} seconds"),
        Headers = [new("Retry-After", seconds.ToString(CultureInfo.InvariantCulture))],
        Decision = new(
            DecisionStage.Throttle,
            new DecisionFact("limit", string.Create(CultureInfo.InvariantCulture, $"{threshold} in {seconds} s")))
        {
            Change = string.Create(CultureInfo.InvariantCulture, $"Come again after {seconds} s, and keep a token until it ends instead of asking for one with each call."),
        },
    };

    /// <summary>More passwords wait to be checked or hashed than there is room for.</summary>
    public static ApiException Busy() => new(IamCodes.Throttled)
    {
        Text = $"{IamCodes.Throttled.Message} Too many passwords are being checked.",
        Headers = [new("Retry-After", "1")],
    };

    /// <summary>No role of the caller allows the action.</summary>
    public static ApiException PolicyDenied(string action) =>
        new(IamCodes.PolicyDenied, action)
        {
            Text = $"Policy doesn't allow {action} to be performed.",
            Decision = new(
                DecisionStage.Policy, new("action", action), new("needs one of the roles", RoleNames.SecurityAdministrator), new("smallest grant", $"{RoleNames.SecurityAdministrator} in the account"))
            {
                Change = Grants.OfRole(RoleNames.SecurityAdministrator, inProject: false),
            },
        };

    /// <summary>What is asked for belongs to somebody else, or is nobody's to do.</summary>
    public static ApiException NotAuthorized(string detail) =>
        new(IamCodes.NotAuthorized, detail) { Text = $"{IamCodes.NotAuthorized.Message} {detail}".TrimEnd() };

    public static ApiException UserDisabled(string name) => new(IamCodes.UserDisabled) { Text = $"The user {name} is disabled." };

    public static ApiException ProgrammaticAccessDenied() => new(IamCodes.ProgrammaticAccessDenied);

    public static ApiException NotFound(string type, string id) =>
        new(IamCodes.NotFound, id) { Text = $"Could not find {type}: {id}." };

    /// <summary>A token in <c>X-Subject-Token</c> that is not one of ours, or not one any more.</summary>
    public static ApiException SubjectTokenNotFound() =>
        new(IamCodes.NotFound) { Text = "X-Subject-Token is invalid in the request" };

    public static ApiException Conflict(string type, string details) => new(IamCodes.Conflict, details)
    {
        Text = $"Conflict occurred when attempting to store {type} - {details}.",
    };

    public static ApiException AkSkNumExceed() => new(IamCodes.AkSkNumExceed);
}
