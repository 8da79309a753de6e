using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Stagedoor.Identity;

/// <summary>Registers what checks passwords: one for all doors, so that they share the threads and the room.</summary>
public static class LoginServices
{
    public static IServiceCollection AddLoginGuard(this IServiceCollection services)
    {
        services.TryAddSingleton<PasswordHashing>();
        services.TryAddSingleton(static provider => new LoginRoom(provider.GetRequiredService<PasswordHashing>()));
        services.TryAddSingleton<LoginGuard>();
        return services;
    }
}
