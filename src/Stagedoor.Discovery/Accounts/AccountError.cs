using System.Globalization;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Accounts;

/// <summary>Errors of accounts and roles with their facts.</summary>
internal static class AccountError
{
    public static ApiException AccountNotFound(string name) => new(ServiceCenterCodes.AccountNotFound, $"account[{name}] not found");

    public static ApiException RoleNotFound(string name) => new(ServiceCenterCodes.RoleNotFound, $"role[{name}] not found");

    public static ApiException RoleInUse(string name, string account) =>
        new(ServiceCenterCodes.RoleInUse, $"role[{name}] is held by account[{account}]");

    public static ApiException WeakPassword(string rule) => new(ServiceCenterCodes.WeakPassword, rule);

    /// <summary>Says the same whether there is such an account or not.</summary>
    public static ApiException WrongPassword() => new(ServiceCenterCodes.WrongPassword);

    /// <summary>In the original's own words: some clients renew their token only when they read them.</summary>
    public static ApiException TokenExpired() => new(ServiceCenterCodes.TokenExpired);

    public static ApiException OldPasswordWrong() => new(ServiceCenterCodes.OldPasswordWrong);

    public static ApiException AccountBlocked(TimeSpan left) => new(
        ServiceCenterCodes.AccountBlocked,
        string.Create(CultureInfo.InvariantCulture, $"too many wrong passwords from this address, try again in {Math.Ceiling(left.TotalSeconds)} s"));

    public static ApiException TooManyLogins(int seconds) =>
        new(ServiceCenterCodes.TooManyLogins) { Headers = [new("Retry-After", seconds.ToString(CultureInfo.InvariantCulture))] };

    public static ApiException BuiltInAccount() => new(ServiceCenterCodes.BuiltInAccount, $"account[{Account.Root}]");

    public static ApiException BuiltInRole(string name) => new(ServiceCenterCodes.BuiltInRole, $"role[{name}]");

    public static ApiException OwnAccount(string name) => new(ServiceCenterCodes.OwnAccount, $"account[{name}] makes this request");

    public static ApiException AccountExists(string name) => new(ServiceCenterCodes.AccountExists, $"account[{name}] exists");

    public static ApiException RoleExists(string name) => new(ServiceCenterCodes.RoleExists, $"role[{name}] exists");

    public static ApiException QuotaExceeded(string what, int limit) =>
        new(DiscoveryCodes.QuotaExceeded, string.Create(CultureInfo.InvariantCulture, $"{what} quota: at most {limit}, and so many there are"));
}
