/**
 * Words that lists of stolen passwords begin with, those of Russian ones too, of 5 letters and more; with digits or signs behind
 * them they are as common. Rows of a keyboard, runs and repetitions are found by rule (password.ts).
 */
const words = `
  password passwort passw0rd p@ssword p@ssw0rd password1 pass word parol parola adminadmin administrator admin root toor user login welcome
  letmein iloveyou monkey dragon sunshine princess football baseball superman batman master shadow michael jordan jessica
  hunter trustno1 starwars whatever freedom secret google facebook instagram youtube telegram vkontakte yandex mailru
  zxcvbnm asdfghjkl qwerty qwerty123 qwertyuiop 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 qazwsxedc zaq12wsx qazwsx
  zxcvbn asdfgh qwe123 qwe123qwe 123qwe asd123 abc123 abcd1234 a1b2c3d4 aa123456 a123456 123456a 123123 112233 121212 123321
  marina natasha natalia sergey sergei andrey andrei dmitry dmitriy vladimir alexander alexandr aleksandr anastasia ekaterina
  svetlana tatiana tatyana maksim maxim nikita nikolay mikhail victoria viktoria polina darina kristina valentina galina
  samsung iphone android apple lenovo windows computer internet gfhjkm ghbdtn ljvfirf cjkywt yfnfif vfhbyf fktrcfylh
  spartak zenit lokomotiv dinamo moscow moskva russia rossiya piter ivanovo doctor medicina bolnica poliklinika gosuslugi
  пароль пароль1 привет любовь солнце зайчик котенок котёнок наташа марина сергей андрей дмитрий владимир александр анастасия
  екатерина светлана татьяна максим никита николай михаил виктория полина кристина валентина галина москва россия спартак зенит
  йцукен йцукенг фывапролд ячсмить доктор врач поликлиника больница медицина госуслуги здоровье администратор админ
`;

export const commonPasswords: ReadonlySet<string> = new Set(words.split(/\s+/).filter((word) => word.length >= 4));
